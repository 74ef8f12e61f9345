package dev.postern.x86;

/**
 * A row of which only the memory access is known: see {@link Decoded.Foreign}.
 *
 * @param set the instruction set's name
 * @param effect what happens to a memory operand
 * @param bytes size of that access, 0 where the pattern has no memory operand
 * @param immediate bytes behind ModRM, SIB and displacement, 0 or 1
 * @param aligned whether the operand must be aligned to 16 bytes
 * @param leaves what becomes of general registers and flags
 * @param target the general register written
 * @param computes the arithmetic of SSE it does, which may be #XM
 */
record ForeignForm(
    Pattern pattern,
    String set,
    Decoded.Effect effect,
    int bytes,
    int immediate,
    boolean aligned,
    Decoded.Arithmetic computes,
    Decoded.Leaves leaves,
    Target target)
    implements Row {

  /** Which general register is written. */
  enum Target {
    NONE,
    /** ModRM.reg, 32 bits or with REX.W 64. */
    REG,
    /** ModRM.rm, 32 bits or with REX.W 64. */
    RM,
    AX
  }

  private static ForeignForm of(String opcode, String set, Decoded.Effect effect, int bytes) {
    return new ForeignForm(
        Pattern.parse(opcode),
        set,
        effect,
        bytes,
        0,
        false,
        Decoded.Arithmetic.NONE,
        Decoded.Leaves.NOTHING,
        Target.NONE);
  }

  /** Registers only, or nothing at all. */
  static ForeignForm inside(String opcode, String set) {
    return of(opcode, set, Decoded.Effect.READS, 0);
  }

  static ForeignForm reads(String opcode, String set, int bytes) {
    return of(opcode, set, Decoded.Effect.READS, bytes);
  }

  static ForeignForm writes(String opcode, String set, int bytes) {
    return of(opcode, set, Decoded.Effect.WRITES, bytes);
  }

  /** An operand that is not aligned to 16 bytes is #GP. */
  ForeignForm whereAligned() {
    return new ForeignForm(pattern, set, effect, bytes, immediate, true, computes, leaves, target);
  }

  /** With an immediate byte. */
  ForeignForm ib() {
    return new ForeignForm(pattern, set, effect, bytes, 1, aligned, computes, leaves, target);
  }

  /** Floating-point arithmetic of SSE. */
  ForeignForm computing() {
    return computing(Decoded.Arithmetic.OF_VECTORS);
  }

  ForeignForm computing(Decoded.Arithmetic arithmetic) {
    return new ForeignForm(
        pattern, set, effect, bytes, immediate, aligned, arithmetic, leaves, target);
  }

  /** The general register that is written. */
  ForeignForm into(Target register) {
    return new ForeignForm(
        pattern,
        set,
        effect,
        bytes,
        immediate,
        aligned,
        computes,
        Decoded.Leaves.REGISTER,
        register);
  }

  /** It sets flags as a comparison does, or does more than is said. */
  ForeignForm leaving(Decoded.Leaves what) {
    return new ForeignForm(
        pattern, set, effect, bytes, immediate, aligned, computes, what, Target.NONE);
  }

  @Override
  public boolean validIn(Mode mode) {
    return true;
  }
}
