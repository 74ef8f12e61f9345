package dev.postern.x86;

import java.util.List;

/** BSF, BSR, TZCNT, LZCNT, POPCNT, all by counting ones. */
final class BitCounts {

  private BitCounts() {}

  /** Index of the lowest bit set. */
  static <V> Flow<V> bsf(Step<V> s) {
    return scan(s, trailingZeros(s, s.read(1)));
  }

  /** Index of the highest bit set. */
  static <V> Flow<V> bsr(Step<V> s) {
    V x = s.read(1);
    int width = s.algebra.width(x);
    return scan(s, s.algebra.sub(ones(s, smear(s, x)), s.constant(width, 1)));
  }

  /**
   * {@code ZF := SRC = 0}, and DEST then undefined, all 64 bits of it where the operand has 32 (AMD
   * keeps them, Intel processors differ); the other status flags are undefined.
   */
  private static <V> Flow<V> scan(Step<V> s, V found) {
    V x = s.read(1);
    Gpr destination = ((Operand.Register) s.operand(0)).gpr();
    V none = s.isZero(x);
    List<V> inputs = List.of(x, s.cpu.gpr(destination));
    V r = s.algebra.width(x) == 16 ? found : s.algebra.zeroExtend(found, 64);
    V undefined = s.cpu.undefined(s.algebra.width(r), inputs);
    s.setRegister(destination, s.algebra.ite(none, undefined, r));
    s.set(Flag.ZF, none);
    Flags.undefined(s, inputs, Flag.CF, Flag.OF, Flag.SF, Flag.AF, Flag.PF);
    return s.next();
  }

  /** Number of zeros below the lowest one; the operand size if there is none. */
  static <V> Flow<V> tzcnt(Step<V> s) {
    V x = s.read(1);
    return counted(s, x, trailingZeros(s, x));
  }

  /** Number of zeros above the highest one; the operand size if there is none. */
  static <V> Flow<V> lzcnt(Step<V> s) {
    V x = s.read(1);
    int width = s.algebra.width(x);
    return counted(s, x, s.algebra.sub(s.constant(width, width), ones(s, smear(s, x))));
  }

  /** {@code CF := SRC = 0; ZF := DEST = 0}; OF, SF, PF and AF are undefined. */
  private static <V> Flow<V> counted(Step<V> s, V x, V r) {
    s.write(0, r);
    s.set(Flag.CF, s.isZero(x));
    s.set(Flag.ZF, s.isZero(r));
    Flags.undefined(s, List.of(x), Flag.OF, Flag.SF, Flag.PF, Flag.AF);
    return s.next();
  }

  /** {@code DEST := number of ones; ZF := SRC = 0}; the other status flags are cleared. */
  static <V> Flow<V> popcnt(Step<V> s) {
    V x = s.read(1);
    s.write(0, ones(s, x));
    s.set(Flag.ZF, s.isZero(x));
    for (Flag flag : List.of(Flag.OF, Flag.SF, Flag.AF, Flag.CF, Flag.PF)) {
      s.set(flag, false);
    }
    return s.next();
  }

  /** The zeros below the lowest one are the ones of {@code ~x & (x - 1)}. */
  private static <V> V trailingZeros(Step<V> s, V x) {
    Algebra<V> a = s.algebra;
    return ones(s, a.and(a.not(x), a.sub(x, s.constant(a.width(x), 1))));
  }

  /** Copies the highest one into every bit below it. */
  private static <V> V smear(Step<V> s, V x) {
    Algebra<V> a = s.algebra;
    V r = x;
    for (int by = 1; by < a.width(x); by *= 2) {
      r = a.or(r, a.lshr(r, s.constant(a.width(x), by)));
    }
    return r;
  }

  /** Sums neighbours, then pairs, then nibbles, and so on. */
  private static <V> V ones(Step<V> s, V x) {
    Algebra<V> a = s.algebra;
    int width = a.width(x);
    V r = x;
    for (int by = 1; by < width; by *= 2) {
      V mask = s.constant(width, Long.divideUnsigned(-1L, (1L << by) + 1));
      r = a.add(a.and(r, mask), a.and(a.lshr(r, s.constant(width, by)), mask));
    }
    return r;
  }
}
