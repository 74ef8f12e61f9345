package dev.postern.verifier.report;

import dev.postern.model.Location;
import java.util.List;

/** A line of a policy with a caret under the place that is meant. */
public final class Excerpt {

  /** A longer line is cut to this around the caret: a policy may be one line of a megabyte. */
  private static final int COLUMNS = 66;

  private static final String CUT = "...";

  private Excerpt() {}

  /** Two lines, indented by {@code indent}; none where the text is not known. */
  public static List<String> of(Location location, Excerpts excerpts, int indent) {
    return excerpts
        .line(location)
        .map(line -> under(line, location, " ".repeat(indent)))
        .orElse(List.of());
  }

  private static List<String> under(String line, Location location, String indent) {
    int length = Layout.columns(line);
    int caret = Math.min(location.column() - 1, length);
    int from = length <= COLUMNS ? 0 : Math.max(0, Math.min(caret - COLUMNS / 2, length - COLUMNS));
    int to = Math.min(length, from + COLUMNS);
    String shown = cut(line, from, to);
    String head = Layout.visible(cut(line, from, caret));
    String before = from == 0 ? "" : CUT;
    String number = Integer.toString(location.line());
    return List.of(
        indent + number + " | " + before + Layout.visible(shown) + (to == length ? "" : CUT),
        indent
            + " ".repeat(number.length())
            + " | "
            + " ".repeat(before.length() + Layout.columns(head))
            + "^");
  }

  private static String cut(String line, int from, int to) {
    int start = line.offsetByCodePoints(0, from);
    return line.substring(start, line.offsetByCodePoints(start, to - from));
  }
}
