package dev.postern.x86;

import java.util.List;
import java.util.Optional;

/**
 * One decoded instruction.
 *
 * @param mnemonic what it does
 * @param condition the condition of Jcc, SETcc and CMOVcc
 * @param mode the decoder that read it
 * @param length bytes, 1..15, prefixes included
 * @param operandSize effective operand size in bits: 8, 16, 32 or 64; the mode's default where the
 *     instruction has none
 * @param addressSize effective address size in bits: 16, 32 or 64; the mode's default where the
 *     instruction has none
 * @param repeat repeat prefix of a string instruction
 * @param lock whether F0 is present (legal) or implied (XCHG with memory)
 * @param operands in Intel order, destination first. String instructions list theirs in full (MOVS:
 *     {@code es:[rdi], ds:[rsi]}; SCAS: {@code al, es:[rdi]}; INS: {@code es:[rdi], dx}), since a
 *     segment override changes the source; XLAT lists {@code ds:[rbx]}, to which AL is yet to be
 *     added. Far branches to an immediate list selector, then offset. Other implied operands
 *     (stack, accumulator of MUL and CMPXCHG) are left out.
 */
public record Instruction(
    Mnemonic mnemonic,
    Optional<Condition> condition,
    Mode mode,
    int length,
    int operandSize,
    int addressSize,
    Repeat repeat,
    boolean lock,
    List<Operand> operands)
    implements Decoded {

  public Instruction {
    operands = List.copyOf(operands);
    if (length < 1 || length > 15) {
      throw new IllegalArgumentException("instruction length " + length + " outside 1..15");
    }
  }
}
