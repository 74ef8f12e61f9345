package dev.postern.dsl.diagnostic;

import dev.postern.model.Location;
import java.util.Map;
import java.util.Optional;

/**
 * Shows a diagnostic: position and fact, the line with a caret under the place, the other places,
 * the hint.
 */
public final class DiagnosticPrinter {

  /** Longest part of a line shown: a generated line must not fill the screen. */
  private static final int WIDTH = 100;

  private final Map<String, String> texts;

  /**
   * A printer.
   *
   * @param texts content of each file, by the name locations have for it
   */
  public DiagnosticPrinter(Map<String, String> texts) {
    this.texts = Map.copyOf(texts);
  }

  /** Several lines, each ended. */
  public String print(Diagnostic diagnostic) {
    StringBuilder out = new StringBuilder();
    out.append(diagnostic.at())
        .append(": ")
        .append(diagnostic.severity() == Diagnostic.Severity.ERROR ? "error" : "warning")
        .append(": ")
        .append(diagnostic.message())
        .append(" [")
        .append(diagnostic.code().id())
        .append("]\n");
    excerpt(diagnostic.at(), out);
    for (Diagnostic.Place place : diagnostic.also()) {
      out.append(place.at()).append(": note: ").append(place.note()).append('\n');
      excerpt(place.at(), out);
    }
    diagnostic.hint().ifPresent(hint -> out.append("  hint: ").append(hint).append('\n'));
    return out.toString();
  }

  private void excerpt(Location at, StringBuilder out) {
    line(at)
        .ifPresent(line -> {
          int[] points = line.codePoints().map(DiagnosticPrinter::visible).toArray();
          int column = Math.min(at.column() - 1, points.length);
          int from = column < WIDTH - 10 ? 0 : column - WIDTH / 2;
          int to = Math.min(points.length, from + WIDTH);
          String number = Integer.toString(at.line());
          String cut = from > 0 ? "…" : "";
          out.append("  ")
              .append(number)
              .append(" | ")
              .append(cut)
              .append(new String(points, from, to - from))
              .append(to < points.length ? "…" : "")
              .append('\n')
              .append("  ")
              .append(" ".repeat(number.length()))
              .append(" | ")
              .append(" ".repeat(cut.length() + column - from))
              .append("^\n");
        });
  }

  private static int visible(int point) {
    return Character.isISOControl(point) ? ' ' : point;
  }

  private Optional<String> line(Location at) {
    String text = texts.get(at.file());
    if (text == null) {
      return Optional.empty();
    }
    int start = 0;
    for (int line = 1; line < at.line(); line++) {
      start = text.indexOf('\n', start) + 1;
      if (start == 0) {
        return Optional.empty();
      }
    }
    int end = text.indexOf('\n', start);
    String line = text.substring(start, end < 0 ? text.length() : end);
    return line.isBlank() ? Optional.empty() : Optional.of(line);
  }
}
