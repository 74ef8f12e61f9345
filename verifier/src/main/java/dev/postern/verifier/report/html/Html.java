package dev.postern.verifier.report.html;

/** A page as it is written: everything from outside goes through {@link #text}. */
final class Html {

  private static final String STYLE =
      """
      body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#111;background:#fff}
      h1{margin-bottom:.2em} h2{border-bottom:2px solid #111;margin-top:2em} h3{margin-bottom:.3em}
      table{border-collapse:collapse;width:100%;margin:.5em 0} th,td{border:1px solid #999;padding:.25em .5em;text-align:left;vertical-align:top}
      th{background:#eee} code,pre,.m{font-family:monospace;font-size:13px} pre{border:1px solid #999;padding:.5em;overflow-x:auto}
      .verdict{font-size:1.3em;border:3px solid #111;padding:.4em .8em;display:inline-block;font-weight:bold}
      svg{max-width:100%;height:auto} svg text{font:13px sans-serif} svg .m{font-family:monospace}
      .code td{font-family:monospace;font-size:12px;border:0;border-bottom:1px solid #ddd;padding:.1em .5em} .code td:last-child{font-family:sans-serif}
      .role{border-left:10px solid #777} .role-code,.role-trampoline{border-left-color:#0b5394}
      .role-destination_window{border-left-color:#b45f06} .role-source_window{border-left-color:#38761d}
      .role-private{border-left-color:#741b47}
      .widened{border-left:10px solid #990000} .narrowed{border-left:10px solid #38761d} .changed{border-left:10px solid #777}
      @media print{body{margin:0;max-width:none} h2{break-after:avoid} tr,pre{break-inside:avoid}}
      """;

  private final StringBuilder out = new StringBuilder();

  private Html() {}

  /** The beginning of a page that a browser loads nothing else for. */
  static Html page(String title) {
    return new Html()
        .raw("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
        .line("<title>%s</title>", title)
        .raw("<style>" + STYLE + "</style></head><body>");
  }

  /** The whole page. */
  String end() {
    return raw("</body></html>").out.toString();
  }

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
}
