package dev.postern.x86;

import java.util.List;
import java.util.function.BinaryOperator;

/** AND, OR, XOR, TEST, NOT: OF and CF cleared, AF undefined. */
final class Logic {

  private Logic() {}

  /** {@code DEST := DEST AND SRC}. */
  static <V> Flow<V> and(Step<V> s) {
    return combine(s, s.read(0), s.read(1), s.algebra::and, true);
  }

  /** {@code DEST := DEST OR SRC}. */
  static <V> Flow<V> or(Step<V> s) {
    return combine(s, s.read(0), s.read(1), s.algebra::or, true);
  }

  /**
   * {@code DEST := DEST XOR SRC}.
   *
   * <p>{@code xor r,r} is the zeroing idiom: processors recognise it before the register is read
   * (SDM vol. 1 §3.4, optimisation manual "zero idioms"), so the undefined AF is allowed to be
   * anything but not to carry the register's old value. Both operands count as the constant 0.
   */
  static <V> Flow<V> xor(Step<V> s) {
    boolean same = sameRegister(s);
    V x = same ? s.zero(s.operand(0).width()) : s.read(0);
    return combine(s, x, same ? x : s.read(1), s.algebra::xor, true);
  }

  /** {@code DEST AND SRC}, flags only. */
  static <V> Flow<V> test(Step<V> s) {
    return combine(s, s.read(0), s.read(1), s.algebra::and, false);
  }

  /** {@code DEST := NOT DEST}; no flag changes. */
  static <V> Flow<V> not(Step<V> s) {
    s.write(0, s.algebra.not(s.read(0)));
    return s.next();
  }

  private static <V> Flow<V> combine(
      Step<V> s, V x, V y, BinaryOperator<V> operation, boolean write) {
    V r = operation.apply(x, y);
    if (write) {
      s.write(0, r);
    }
    Flags.result(s, r);
    s.set(Flag.CF, false);
    s.set(Flag.OF, false);
    Flags.undefined(s, List.of(x, y), Flag.AF);
    return s.next();
  }

  /** Whether both operands are one and the same register part. */
  static <V> boolean sameRegister(Step<V> s) {
    return s.operand(0) instanceof Operand.Register && s.operand(0).equals(s.operand(1));
  }
}
