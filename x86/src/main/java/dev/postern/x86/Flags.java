package dev.postern.x86;

import java.util.List;

/**
 * The six status flags as results set them (SDM vol. 1 §3.4.3.1), and the condition codes that read
 * them.
 *
 * <p>What the SDM calls undefined goes through {@link Cpu#undefined}. The calls an instruction
 * makes depend on its bytes alone, never on values, so a concrete run can be given the undefined
 * bits of a symbolic one in the same order.
 */
final class Flags {

  private Flags() {}

  /** SF, ZF and PF according to the result. */
  static <V> void result(Step<V> s, V result) {
    s.set(Flag.SF, s.sign(result));
    s.set(Flag.ZF, s.isZero(result));
    s.set(Flag.PF, parity(s, result));
  }

  /** Even parity of the low byte, folded to one bit. */
  static <V> V parity(Step<V> s, V result) {
    Algebra<V> a = s.algebra;
    V four = a.xor(a.extract(result, 7, 4), a.extract(result, 3, 0));
    V two = a.xor(a.extract(four, 3, 2), a.extract(four, 1, 0));
    return a.not(a.xor(s.bit(two, 1), s.bit(two, 0)));
  }

  /** Carry out of bit 3 in {@code x + y = r} or {@code x - y = r}. */
  static <V> V adjust(Step<V> s, V x, V y, V r) {
    return s.algebra.xor(s.bit(x, 4), s.algebra.xor(s.bit(y, 4), s.bit(r, 4)));
  }

  /** Signed overflow of {@code x + y = r}: both operands differ in sign from the result. */
  static <V> V overflowOfSum(Step<V> s, V x, V y, V r) {
    return s.sign(s.algebra.and(s.algebra.xor(x, r), s.algebra.xor(y, r)));
  }

  /** Signed overflow of {@code x - y = r}: x differs in sign from both y and the result. */
  static <V> V overflowOfDifference(Step<V> s, V x, V y, V r) {
    return s.sign(s.algebra.and(s.algebra.xor(x, y), s.algebra.xor(x, r)));
  }

  /** The SDM leaves these flags undefined. */
  static <V> void undefined(Step<V> s, List<V> inputs, Flag... flags) {
    for (Flag flag : flags) {
      s.set(flag, s.cpu.undefined(1, inputs));
    }
  }

  /** SDM vol. 1 appendix B: the condition as one bit. */
  static <V> V holds(Step<V> s, Condition condition) {
    Algebra<V> a = s.algebra;
    return switch (condition) {
      case O -> s.flag(Flag.OF);
      case B -> s.flag(Flag.CF);
      case E -> s.flag(Flag.ZF);
      case BE -> a.or(s.flag(Flag.CF), s.flag(Flag.ZF));
      case S -> s.flag(Flag.SF);
      case P -> s.flag(Flag.PF);
      case L -> a.xor(s.flag(Flag.SF), s.flag(Flag.OF));
      case LE -> a.or(s.flag(Flag.ZF), a.xor(s.flag(Flag.SF), s.flag(Flag.OF)));
      case NO -> a.not(holds(s, Condition.O));
      case AE -> a.not(holds(s, Condition.B));
      case NE -> a.not(holds(s, Condition.E));
      case A -> a.not(holds(s, Condition.BE));
      case NS -> a.not(holds(s, Condition.S));
      case NP -> a.not(holds(s, Condition.P));
      case GE -> a.not(holds(s, Condition.L));
      case G -> a.not(holds(s, Condition.LE));
    };
  }

  /** The condition of the instruction itself. */
  static <V> V condition(Step<V> s) {
    return holds(s, s.instruction.condition().orElseThrow());
  }
}
