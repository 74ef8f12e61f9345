package dev.postern.x86;

/**
 * A row that says why bytes are not an instruction of the table.
 *
 * @param answer {@link Decoded.Undefined} only where the SDM promises #UD, {@link Decoded.Reserved}
 *     where it leaves the encoding blank, else {@link Decoded.Unsupported}
 * @param only64 holds in 64-bit mode only
 */
record Refusal(Pattern pattern, Decoded answer, boolean only64) implements Row {

  /** The SDM promises #UD. */
  static Refusal undefined(String opcode, String reason) {
    return new Refusal(Pattern.parse(opcode), new Decoded.Undefined(reason), false);
  }

  /** The SDM leaves the encoding blank. */
  static Refusal reserved(String opcode, String reason) {
    return new Refusal(Pattern.parse(opcode), new Decoded.Reserved(reason), false);
  }

  /** A real instruction, or perhaps one, that the table does not hold. */
  static Refusal unsupported(String opcode, String reason) {
    return new Refusal(Pattern.parse(opcode), new Decoded.Unsupported(reason), false);
  }

  Refusal in64() {
    return new Refusal(pattern, answer, true);
  }

  @Override
  public boolean validIn(Mode mode) {
    return !only64 || mode == Mode.BITS64;
  }
}
