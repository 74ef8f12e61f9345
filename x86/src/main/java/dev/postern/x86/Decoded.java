package dev.postern.x86;

import java.util.Optional;

/** What {@link Decoder} answers for bytes at one offset in one mode. */
public sealed interface Decoded
    permits Instruction,
        Decoded.Foreign,
        Decoded.Undefined,
        Decoded.Reserved,
        Decoded.Unsupported,
        Decoded.Truncated {

  /** The bytes are architecturally invalid: the processor raises #UD (or #GP over 15 bytes). */
  record Undefined(String reason) implements Decoded {}

  /**
   * The SDM leaves the encoding blank: no instruction, and no #UD is promised. Software must not
   * use it, nor depend on what it does (SDM vol. 2 appendix A.1); a later processor may give it a
   * meaning.
   */
  record Reserved(String reason) implements Decoded {}

  /** A real instruction, or perhaps one, that the table does not hold: verdicts are unknown. */
  record Unsupported(String reason) implements Decoded {}

  /** The instruction runs past the given bytes; {@code available} bytes were there, 0..14. */
  record Truncated(int available) implements Decoded {}

  /**
   * An instruction of a set whose registers are not modelled (x87, MMX, SSE), and which changes
   * nothing that is: no general register, no flag. What it does to memory is all there is to say.
   *
   * @param set its name, for people
   * @param length bytes, 1..15
   * @param memory its memory operand, if it has one; the operand's width is that of the access
   * @param effect what it does to that operand
   * @param aligned whether an operand that is not aligned to 16 bytes is #GP
   * @param computes whether it does floating-point arithmetic, which may be #XM
   */
  record Foreign(
      String set,
      int length,
      Optional<Operand.Memory> memory,
      Effect effect,
      boolean aligned,
      boolean computes)
      implements Decoded {}

  /** What a {@link Foreign} instruction does to its memory operand. */
  enum Effect {
    READS,
    WRITES
  }
}
