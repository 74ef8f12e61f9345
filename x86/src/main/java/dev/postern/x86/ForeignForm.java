package dev.postern.x86;

/**
 * A row of which only the memory access is known: see {@link Decoded.Foreign}.
 *
 * @param set the instruction set's name
 * @param effect what happens to a memory operand
 * @param bytes size of that access, 0 where the pattern has no memory operand
 * @param immediate bytes behind ModRM, SIB and displacement, 0 or 1
 * @param aligned whether the operand must be aligned to 16 bytes
 * @param computes the arithmetic of SSE it does, which may be #XM
 */
record ForeignForm(
    Pattern pattern,
    String set,
    Decoded.Effect effect,
    int bytes,
    int immediate,
    boolean aligned,
    Decoded.Arithmetic computes)
    implements Row {

  /** Registers only, or nothing at all. */
  static ForeignForm inside(String opcode, String set) {
    return new ForeignForm(
        Pattern.parse(opcode), set, Decoded.Effect.READS, 0, 0, false, Decoded.Arithmetic.NONE);
  }

  static ForeignForm reads(String opcode, String set, int bytes) {
    return new ForeignForm(
        Pattern.parse(opcode), set, Decoded.Effect.READS, bytes, 0, false, Decoded.Arithmetic.NONE);
  }

  static ForeignForm writes(String opcode, String set, int bytes) {
    return new ForeignForm(
        Pattern.parse(opcode),
        set,
        Decoded.Effect.WRITES,
        bytes,
        0,
        false,
        Decoded.Arithmetic.NONE);
  }

  /** An operand that is not aligned to 16 bytes is #GP. */
  ForeignForm whereAligned() {
    return new ForeignForm(pattern, set, effect, bytes, immediate, true, computes);
  }

  /** With an immediate byte. */
  ForeignForm ib() {
    return new ForeignForm(pattern, set, effect, bytes, 1, aligned, computes);
  }

  /** Floating-point arithmetic of SSE. */
  ForeignForm computing() {
    return computing(Decoded.Arithmetic.OF_VECTORS);
  }

  ForeignForm computing(Decoded.Arithmetic arithmetic) {
    return new ForeignForm(pattern, set, effect, bytes, immediate, aligned, arithmetic);
  }

  @Override
  public boolean validIn(Mode mode) {
    return true;
  }
}
