package dev.postern.verifier.report.html;

/** Text that becomes HTML: everything from outside goes through {@link #text}. */
final class Html {

  private final StringBuilder out = new StringBuilder();

  /** Markup of our own. */
  Html raw(String markup) {
    out.append(markup).append('\n');
    return this;
  }

  /** Markup of our own with what stands in it for each {@code %s}, escaped. */
  Html line(String markup, Object... values) {
    Object[] escaped = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      escaped[i] = text(values[i].toString());
    }
    return raw(markup.formatted(escaped));
  }

  /** Escaped; control and formatting characters, which could turn text around, become a mark. */
  static String text(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            case '\'' -> escaped.append("&#39;");
            default -> {
              int type = Character.getType(c);
              boolean hidden =
                  type == Character.CONTROL
                      || type == Character.FORMAT
                      || type == Character.SURROGATE;
              escaped.appendCodePoint(hidden ? 0xfffd : c);
            }
          }
        });
    return escaped.toString();
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
