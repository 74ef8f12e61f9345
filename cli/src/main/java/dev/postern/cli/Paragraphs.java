package dev.postern.cli;

/** Text in two columns: a label, and words wrapped beside it. */
final class Paragraphs {

  private Paragraphs() {}

  static String row(String label, int indent, String text) {
    StringBuilder out = new StringBuilder(label);
    out.append(" ".repeat(Math.max(1, indent - label.length())));
    int column = Math.max(indent, label.length() + 1);
    boolean first = true;
    for (String word : text.strip().split("\\s+")) {
      if (!first && column + 1 + word.length() > Terminal.WIDTH) {
        out.append('\n').append(" ".repeat(indent));
        column = indent;
        first = true;
      }
      out.append(first ? "" : " ").append(word);
      column += word.length() + (first ? 0 : 1);
      first = false;
    }
    return out.toString();
  }
}
