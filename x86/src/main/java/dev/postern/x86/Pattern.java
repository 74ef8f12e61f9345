package dev.postern.x86;

/**
 * The opcode column of a row, in the SDM's notation (vol. 2 §3.1.1.1): {@code REX.W 0F C7 /1},
 * {@code NP 0F 01 D4}, {@code B8+r iv}, {@code 70+cc cb}; besides, {@code 0F 10..17} for a range,
 * {@code /r} for any ModRM and {@code mod=3}, {@code mem} where only one half of the ModRM space is
 * meant.
 *
 * @param text as written in the row
 * @param map 0 one-byte, 1 {@code 0F}, 2 {@code 0F 38}, 3 {@code 0F 3A}
 * @param opcode first opcode byte the row covers
 * @param count how many opcode bytes it covers
 * @param prefix the mandatory prefix
 * @param wide REX.W must be present
 * @param modRm a ModRM byte follows
 * @param mask bits of ModRM that must equal {@code value}
 * @param space which half of the ModRM space
 */
record Pattern(
    String text,
    int map,
    int opcode,
    int count,
    Prefix prefix,
    boolean wide,
    boolean modRm,
    int mask,
    int value,
    Space space) {

  /** The mandatory prefix of a row. */
  enum Prefix {
    /** F2 and F3 are ignored, 66 is the operand-size prefix. */
    ANY,
    /** None of 66, F2, F3. */
    NP,
    P66,
    F2,
    F3
  }

  /** ModRM with {@code mod = 3}, without, or both. */
  enum Space {
    BOTH,
    MEMORY,
    REGISTER
  }

  /** Reads an opcode column; a row that does not parse is our bug. */
  static Pattern parse(String text) {
    Prefix prefix = Prefix.ANY;
    boolean wide = false;
    boolean modRm = false;
    int map = 0;
    int opcode = -1;
    int count = 1;
    int mask = 0;
    int value = 0;
    Space space = Space.BOTH;
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf(' ', at);
      if (end < 0) {
        end = text.length();
      }
      String token = text.substring(at, end);
      at = end + 1;
      char first = token.charAt(0);
      if (first == '/') {
        modRm = true;
        if (token.charAt(1) != 'r') {
          mask = 0x38;
          value = (token.charAt(1) - '0') << 3;
        }
      } else if (first == 'i' || first == 'c' || first == 'm') {
        // ib, iz, cb, … are implied by the operands (a test compares them); mem and mod=3 are not.
        if (token.equals("mem")) {
          space = Space.MEMORY;
        } else if (token.equals("mod=3")) {
          space = Space.REGISTER;
        }
      } else if (token.equals("NP")) {
        prefix = Prefix.NP;
      } else if (token.equals("REX.W")) {
        wide = true;
      } else if (opcode < 0 && map == 0 && token.equals("66")) {
        prefix = Prefix.P66;
      } else if (opcode < 0 && map == 0 && token.equals("F2")) {
        prefix = Prefix.F2;
      } else if (opcode < 0 && map == 0 && token.equals("F3")) {
        prefix = Prefix.F3;
      } else if (opcode < 0 && map == 0 && token.equals("0F")) {
        map = 1;
      } else if (opcode < 0 && map == 1 && token.equals("38")) {
        map = 2;
      } else if (opcode < 0 && map == 1 && token.equals("3A")) {
        map = 3;
      } else if (opcode < 0) {
        opcode = hex(token);
        if (token.endsWith("+r")) {
          count = 8;
        } else if (token.endsWith("+cc")) {
          count = 16;
        } else if (token.length() == 6) {
          count = Integer.parseInt(token, 4, 6, 16) - opcode + 1;
        }
      } else {
        modRm = true;
        mask = 0xFF;
        value = hex(token);
        space = Space.REGISTER;
      }
    }
    if (opcode < 0) {
      throw new IllegalArgumentException("no opcode in row '" + text + "'");
    }
    return new Pattern(text, map, opcode, count, prefix, wide, modRm, mask, value, space);
  }

  /** A ModRM byte follows. */
  Pattern withModRm() {
    return new Pattern(text, map, opcode, count, prefix, wide, true, mask, value, space);
  }

  /** A ModRM byte follows, in the half of its space that the operand admits. */
  Pattern withModRm(OperandKind rm) {
    Space half =
        rm == OperandKind.Rr || (rm.memory && rm.register)
            ? space
            : rm.memory ? Space.MEMORY : Space.REGISTER;
    return new Pattern(text, map, opcode, count, prefix, wide, true, mask, value, half);
  }

  private static int hex(String token) {
    return Integer.parseInt(token, 0, 2, 16);
  }

  /** The opcode column picks a condition: {@code +cc}. */
  boolean conditional() {
    return count == 16 && text.indexOf("+cc") >= 0;
  }

  /** Whether the prefixes in force select this row. */
  boolean selectedBy(boolean operandSizePrefix, int repeatPrefix, boolean rexW) {
    if (wide && !rexW) {
      return false;
    }
    return switch (prefix) {
      case ANY -> true;
      case NP -> !operandSizePrefix && repeatPrefix == 0;
      case P66 -> operandSizePrefix && repeatPrefix == 0;
      case F2 -> repeatPrefix == 0xF2;
      case F3 -> repeatPrefix == 0xF3;
    };
  }

  boolean selectedByModRm(int byteValue) {
    return (byteValue & mask) == value
        && switch (space) {
          case BOTH -> true;
          case MEMORY -> byteValue < 0xC0;
          case REGISTER -> byteValue >= 0xC0;
        };
  }
}
