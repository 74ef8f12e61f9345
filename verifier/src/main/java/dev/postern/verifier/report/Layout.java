package dev.postern.verifier.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Text in columns: wrapping, escaping, tables. Widths count code points. */
public final class Layout {

  private Layout() {}

  /**
   * {@code text} on lines of at most {@code width} columns, broken at spaces; a word that is longer
   * than a line stays whole, for it is an address or a path someone will copy.
   */
  public static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split("\\s+")) {
      if (!line.isEmpty() && columns(line) + 1 + columns(word) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  /** Controls and direction marks written out, so that no input can drive a terminal. */
  public static String visible(String text) {
    if (text.codePoints().noneMatch(Layout::hidden)) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (c == '\t') {
            out.append(' ');
          } else if (hidden(c)) {
            out.append(String.format("\\u{%x}", c));
          } else {
            out.appendCodePoint(c);
          }
        });
    return out.toString();
  }

  private static boolean hidden(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  /**
   * Rows as columns two spaces apart, each as wide as its widest cell; the last is wrapped under
   * itself when the line would pass {@code width}.
   */
  static List<String> table(List<List<String>> rows, int width) {
    int last = rows.getFirst().size() - 1;
    int[] widths =
        IntStream.range(0, last)
            .map(column -> rows.stream().mapToInt(row -> columns(row.get(column))).max().orElse(0))
            .toArray();
    int indent = IntStream.of(widths).map(w -> w + 2).sum();
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder head = new StringBuilder();
      for (int column = 0; column < last; column++) {
        head.append(pad(row.get(column), widths[column] + 2));
      }
      List<String> tail = wrap(row.get(last), Math.max(20, width - indent));
      lines.add((head + tail.getFirst()).stripTrailing());
      tail.stream().skip(1).forEach(more -> lines.add(" ".repeat(indent) + more));
    }
    return lines;
  }

  static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - columns(text)));
  }

  static int columns(CharSequence text) {
    return Character.codePointCount(text, 0, text.length());
  }
}
