package dev.postern.x86;

/** What {@link Decoder} answers for bytes at one offset in one mode. */
public sealed interface Decoded
    permits Instruction, Decoded.Undefined, Decoded.Unsupported, Decoded.Truncated {

  /** The bytes are architecturally invalid: the processor raises #UD (or #GP over 15 bytes). */
  record Undefined(String reason) implements Decoded {}

  /** A real instruction, or perhaps one, that the table does not hold: verdicts are unknown. */
  record Unsupported(String reason) implements Decoded {}

  /** The instruction runs past the given bytes; {@code available} bytes were there, 0..14. */
  record Truncated(int available) implements Decoded {}
}
