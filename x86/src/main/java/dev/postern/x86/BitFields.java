package dev.postern.x86;

import java.util.List;

/** BMI1 and BMI2: BEXTR, BLSI, BLSMSK, BLSR, BZHI, PDEP, PEXT. */
final class BitFields {

  private BitFields() {}

  /** {@code DEST := SRC1 >> START, cut to LEN bits}; START is bits 7:0 of SRC2, LEN bits 15:8. */
  static <V> Flow<V> bextr(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(1);
    V control = s.read(2);
    int width = a.width(x);
    V start = s.fit(a.extract(control, 7, 0), width);
    V length = s.fit(a.extract(control, 15, 8), width);
    V r = a.and(a.lshr(x, start), lowOnes(s, width, length));
    s.write(0, r);
    s.set(Flag.ZF, s.isZero(r));
    s.set(Flag.CF, false);
    s.set(Flag.OF, false);
    Flags.undefined(s, List.of(x, control), Flag.AF, Flag.SF, Flag.PF);
    return s.next();
  }

  /** {@code DEST := -SRC AND SRC; CF := SRC != 0}. */
  static <V> Flow<V> blsi(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(1);
    return lowest(s, x, a.and(a.neg(x), x), a.not(s.isZero(x)));
  }

  /** {@code DEST := (SRC - 1) XOR SRC; CF := SRC = 0}. */
  static <V> Flow<V> blsmsk(Step<V> s) {
    V x = s.read(1);
    return lowest(s, x, s.algebra.xor(minusOne(s, x), x), s.isZero(x));
  }

  /** {@code DEST := (SRC - 1) AND SRC; CF := SRC = 0}. */
  static <V> Flow<V> blsr(Step<V> s) {
    V x = s.read(1);
    return lowest(s, x, s.algebra.and(minusOne(s, x), x), s.isZero(x));
  }

  /** {@code DEST := SRC1 without the bits from N up; CF := N >= width}; N is SRC2[7:0]. */
  static <V> Flow<V> bzhi(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(1);
    int width = a.width(x);
    V n = s.fit(s.read(2), 8);
    V r = a.and(x, lowOnes(s, width, s.fit(n, width)));
    return lowest(s, x, r, a.not(a.ult(n, s.constant(8, width))));
  }

  /** SF and ZF by result, OF cleared, AF and PF undefined. */
  private static <V> Flow<V> lowest(Step<V> s, V x, V r, V carry) {
    s.write(0, r);
    s.set(Flag.SF, s.sign(r));
    s.set(Flag.ZF, s.isZero(r));
    s.set(Flag.CF, carry);
    s.set(Flag.OF, false);
    Flags.undefined(s, List.of(x), Flag.AF, Flag.PF);
    return s.next();
  }

  /** Deposits the low bits of SRC1 at the ones of the mask SRC2; no flags. */
  static <V> Flow<V> pdep(Step<V> s) {
    Algebra<V> a = s.algebra;
    V rest = s.read(1);
    V mask = s.read(2);
    int width = a.width(mask);
    V one = s.constant(width, 1);
    V r = s.zero(width);
    for (int i = 0; i < width; i++) {
      V wanted = s.bit(mask, i);
      V here = a.and(wanted, s.bit(rest, 0));
      r = a.or(r, a.shl(a.zeroExtend(here, width), s.constant(width, i)));
      rest = a.ite(wanted, a.lshr(rest, one), rest);
    }
    s.write(0, r);
    return s.next();
  }

  /** Gathers the bits of SRC1 at the ones of the mask SRC2 into the low bits; no flags. */
  static <V> Flow<V> pext(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(1);
    V mask = s.read(2);
    int width = a.width(mask);
    V one = s.constant(width, 1);
    V r = s.zero(width);
    for (int i = width - 1; i >= 0; i--) {
      V grown = a.or(a.shl(r, one), a.zeroExtend(s.bit(x, i), width));
      r = a.ite(s.bit(mask, i), grown, r);
    }
    s.write(0, r);
    return s.next();
  }

  /** {@code n} ones from bit 0 up; all of them for {@code n} at or over the width. */
  private static <V> V lowOnes(Step<V> s, int width, V n) {
    return s.algebra.not(s.algebra.shl(s.constant(width, -1), n));
  }

  private static <V> V minusOne(Step<V> s, V x) {
    return s.algebra.sub(x, s.constant(s.algebra.width(x), 1));
  }
}
