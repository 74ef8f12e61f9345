package dev.postern.dsl.syntax;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.model.Location;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.Token;

/** Reads numbers and strings. */
final class Literals {

  private static final Pattern NUMBER =
      Pattern.compile("(?:0x(?<hex>[0-9a-fA-F_]+)|(?<decimal>[0-9][0-9_]*))(?<unit>[KMGT]iB)?");

  /**
   * Digits of 2^64 in decimal and then some: a longer number is out of range wherever it stands.
   */
  private static final int LONGEST = 40;

  private final String file;
  private final Diagnostics diagnostics;
  private boolean reported;

  Literals(String file, Diagnostics diagnostics) {
    this.file = file;
    this.diagnostics = diagnostics;
  }

  Location at(Token token) {
    return PolicyParser.location(file, token);
  }

  Tree.Numeral number(Token token) {
    String text = token.getText();
    Location at = at(token);
    Matcher matcher = NUMBER.matcher(text);
    if (text.length() > LONGEST) {
      diagnostics.error(Code.BAD_NUMBER, at, "number of more than " + LONGEST + " digits");
      return new Tree.Numeral(at, BigInteger.ZERO);
    }
    if (!matcher.matches() || text.endsWith("_")) {
      diagnostics.error(
          Code.BAD_NUMBER,
          at,
          "'" + text + "' is not a number",
          "numbers are decimal or 0x…, with '_' between digits, and KiB, MiB, GiB or TiB behind");
      return new Tree.Numeral(at, BigInteger.ZERO);
    }
    String hex = matcher.group("hex");
    String digits = (hex != null ? hex : matcher.group("decimal")).replace("_", "");
    if (digits.isEmpty()) {
      diagnostics.error(Code.BAD_NUMBER, at, "'" + text + "' has no digits");
      return new Tree.Numeral(at, BigInteger.ZERO);
    }
    BigInteger value = new BigInteger(digits, hex != null ? 16 : 10);
    String unit = matcher.group("unit");
    int shift = unit == null ? 0 : 10 * ("KMGT".indexOf(unit.charAt(0)) + 1);
    return new Tree.Numeral(at, value.shiftLeft(shift));
  }

  /**
   * A string's content: backslash escapes a quote or itself, {@code \n}, {@code \t}, and code
   * points.
   */
  Tree.Text text(Token token) {
    String raw = token.getText();
    StringBuilder out = new StringBuilder(raw.length());
    int end = raw.length() - 1;
    int i = 1;
    reported = false;
    while (i < end) {
      char c = raw.charAt(i++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escape = raw.charAt(i++);
      switch (escape) {
        case '"', '\\' -> out.append(escape);
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> i = codePoint(token, raw, i, out);
        default -> bad(token, i - 2, "'\\" + escape + "' is not an escape");
      }
    }
    return new Tree.Text(at(token), out.toString());
  }

  /** The code point in braces at {@code open}; answers where reading goes on. */
  private int codePoint(Token token, String raw, int open, StringBuilder out) {
    int close = raw.indexOf('}', open, Math.min(raw.length(), open + 8));
    if (raw.charAt(open) == '{' && close > open + 1 && close <= open + 7) {
      String digits = raw.substring(open + 1, close);
      if (digits.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
        int value = Integer.parseInt(digits, 16);
        if (Character.isValidCodePoint(value) && (value < 0xd800 || value > 0xdfff)) {
          out.appendCodePoint(value);
          return close + 1;
        }
      }
    }
    bad(token, open - 2, "'\\u' needs a code point");
    return open;
  }

  /** One error a string: counting columns again for each would take time without bound. */
  private void bad(Token token, int index, String message) {
    if (reported) {
      return;
    }
    reported = true;
    Location start = at(token);
    int column = start.column() + token.getText().codePointCount(0, index);
    diagnostics.error(
        Code.BAD_STRING,
        new Location(file, start.line(), column),
        message,
        "escapes are \\\" \\\\ \\n \\r \\t and \\u{…} with a code point in hex");
  }
}
