package dev.postern.x86;

import java.util.ArrayList;
import java.util.List;

/**
 * SHL, SHR, SAR, the rotates, SHLD and SHRD.
 *
 * <p>The count is taken modulo 32 (64 for 64-bit operands). A count of 0 leaves every flag as it
 * was, so each flag is chosen by the count, which may be symbolic.
 */
final class Shifts {

  private Shifts() {}

  /** SDM: {@code tempCOUNT := COUNT AND countMASK}, as a vector of {@code width} bits. */
  private static <V> V count(Step<V> s, int index, int width) {
    V masked =
        s.algebra.and(
            s.fit(s.read(index), 8), s.constant(8, s.operand(0).width() == 64 ? 0x3f : 0x1f));
    return s.fit(masked, width);
  }

  /** {@code DEST := DEST * 2^COUNT}; CF is the last bit out, undefined from the width on. */
  static <V> Flow<V> shl(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    int width = a.width(x);
    V wide = a.shl(a.zeroExtend(x, width + 1), count(s, 1, width + 1));
    V r = s.fit(wide, width);
    V carry = s.bit(wide, width);
    return shifted(s, x, r, carry, a.xor(s.sign(r), carry), true);
  }

  /** {@code DEST := DEST / 2^COUNT}, unsigned; OF of a 1-bit shift is the old sign. */
  static <V> Flow<V> shr(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    int width = a.width(x);
    V wide = a.lshr(a.concat(x, s.zero(1)), count(s, 1, width + 1));
    return shifted(s, x, a.extract(wide, width, 1), s.bit(wide, 0), s.sign(x), true);
  }

  /** {@code DEST := DEST / 2^COUNT}, signed; CF is defined for every count, OF of 1 is 0. */
  static <V> Flow<V> sar(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    int width = a.width(x);
    V wide = a.ashr(a.concat(x, s.zero(1)), count(s, 1, width + 1));
    return shifted(s, x, a.extract(wide, width, 1), s.bit(wide, 0), s.zero(1), false);
  }

  private static <V> Flow<V> shifted(
      Step<V> s, V x, V r, V carry, V overflowOfOne, boolean carryEnds) {
    int width = s.algebra.width(x);
    V count = count(s, 1, 8);
    List<V> inputs = List.of(x, count);
    V definedCarry = carry;
    if (carryEnds && width < 32) {
      V beyond = s.algebra.not(s.algebra.ult(count, s.constant(8, width)));
      definedCarry = s.algebra.ite(beyond, s.cpu.undefined(1, inputs), carry);
    }
    V overflow = onlyForOne(s, count, overflowOfOne, inputs);
    V adjust = s.cpu.undefined(1, inputs);
    s.write(0, r);
    setUnlessZero(s, count, Flag.CF, definedCarry);
    setUnlessZero(s, count, Flag.OF, overflow);
    setUnlessZero(s, count, Flag.AF, adjust);
    setUnlessZero(s, count, Flag.SF, s.sign(r));
    setUnlessZero(s, count, Flag.ZF, s.isZero(r));
    setUnlessZero(s, count, Flag.PF, Flags.parity(s, r));
    return s.next();
  }

  private static <V> void setUnlessZero(Step<V> s, V count, Flag flag, V bit) {
    s.set(flag, s.algebra.ite(s.isZero(count), s.flag(flag), bit));
  }

  private static <V> V onlyForOne(Step<V> s, V count, V bit, List<V> inputs) {
    V one = s.algebra.eq(count, s.constant(8, 1));
    return s.algebra.ite(one, bit, s.cpu.undefined(1, inputs));
  }

  // ---- rotates: only CF and OF; OF is defined for a masked count of 1

  /** ROL: CF := LSB(DEST); OF := MSB(DEST) XOR CF. */
  static <V> Flow<V> rol(Step<V> s) {
    V x = s.read(0);
    V r = rotateLeft(s, x, count(s, 1, 8));
    V carry = s.bit(r, 0);
    return rotated(s, x, r, carry, s.algebra.xor(s.sign(r), carry));
  }

  /** ROR: CF := MSB(DEST); OF := MSB(DEST) XOR MSB-1(DEST). */
  static <V> Flow<V> ror(Step<V> s) {
    V x = s.read(0);
    V r = rotateRight(s, x, count(s, 1, 8));
    V carry = s.sign(r);
    return rotated(s, x, r, carry, s.algebra.xor(carry, s.bit(r, s.algebra.width(r) - 2)));
  }

  /** RCL: rotates CF:DEST; after a 1-bit rotate OF := MSB(DEST) XOR CF. */
  static <V> Flow<V> rcl(Step<V> s) {
    return throughCarry(s, true);
  }

  /** RCR: rotates CF:DEST right; OF of a 1-bit rotate is MSB(old DEST) XOR old CF. */
  static <V> Flow<V> rcr(Step<V> s) {
    return throughCarry(s, false);
  }

  private static <V> Flow<V> throughCarry(Step<V> s, boolean left) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    V carryIn = s.flag(Flag.CF);
    int width = a.width(x);
    V wide = a.concat(carryIn, x);
    V count = count(s, 1, 8);
    V turned = left ? rotateLeft(s, wide, count) : rotateRight(s, wide, count);
    V r = s.fit(turned, width);
    V carry = s.bit(turned, width);
    V overflow = left ? a.xor(s.sign(r), carry) : a.xor(s.sign(x), carryIn);
    return rotated(s, x, r, carry, overflow);
  }

  private static <V> Flow<V> rotated(Step<V> s, V x, V r, V carry, V overflowOfOne) {
    V count = count(s, 1, 8);
    List<V> inputs = List.of(x, count, s.flag(Flag.CF));
    V overflow = onlyForOne(s, count, overflowOfOne, inputs);
    s.write(0, r);
    setUnlessZero(s, count, Flag.CF, carry);
    setUnlessZero(s, count, Flag.OF, overflow);
    return s.next();
  }

  private static <V> V rotateLeft(Step<V> s, V x, V count) {
    Algebra<V> a = s.algebra;
    V n = turns(s, a.width(x), count);
    return a.or(a.shl(x, n), a.lshr(x, a.sub(s.fit(s.constant(8, a.width(x)), a.width(x)), n)));
  }

  private static <V> V rotateRight(Step<V> s, V x, V count) {
    Algebra<V> a = s.algebra;
    V n = turns(s, a.width(x), count);
    return a.or(a.lshr(x, n), a.shl(x, a.sub(s.fit(s.constant(8, a.width(x)), a.width(x)), n)));
  }

  /** {@code count MOD width}, as a vector of {@code width} bits. */
  private static <V> V turns(Step<V> s, int width, V count) {
    boolean powerOfTwo = Integer.bitCount(width) == 1;
    V n =
        powerOfTwo
            ? s.algebra.and(count, s.constant(8, width - 1))
            : s.algebra.urem(count, s.constant(8, width));
    return s.fit(n, width);
  }

  // ---- double shifts

  /** {@code DEST := upper half of DEST:SRC << COUNT}. */
  static <V> Flow<V> shld(Step<V> s) {
    return doubleShift(s, true);
  }

  /** {@code DEST := lower half of SRC:DEST >> COUNT}. */
  static <V> Flow<V> shrd(Step<V> s) {
    return doubleShift(s, false);
  }

  /**
   * A count over the operand size (16-bit operands only) leaves result and flags undefined; OF is
   * "a sign change occurred" for a count of 1, AF undefined.
   */
  private static <V> Flow<V> doubleShift(Step<V> s, boolean left) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    V y = s.read(1);
    int width = a.width(x);
    V count = count(s, 2, 8);
    List<V> inputs = List.of(x, y, count);
    V n = s.fit(count, width);
    V rest = a.sub(s.constant(width, width), n);
    V r = left ? a.or(a.shl(x, n), a.lshr(y, rest)) : a.or(a.lshr(x, n), a.shl(y, rest));
    // The last bit out: bit width-count going left, bit count-1 going right.
    V carry =
        left ? s.bit(a.lshr(x, rest), 0) : s.bit(a.lshr(x, a.sub(n, s.constant(width, 1))), 0);
    List<V> values = new ArrayList<>(List.of(r, carry, s.sign(r), s.isZero(r), Flags.parity(s, r)));
    if (width == 16) {
      V beyond = a.ult(s.constant(8, 16), count);
      values.replaceAll(v -> a.ite(beyond, s.cpu.undefined(a.width(v), inputs), v));
    }
    V overflow = onlyForOne(s, count, a.xor(s.sign(r), s.sign(x)), inputs);
    V adjust = s.cpu.undefined(1, inputs);
    s.write(0, values.get(0));
    setUnlessZero(s, count, Flag.CF, values.get(1));
    setUnlessZero(s, count, Flag.SF, values.get(2));
    setUnlessZero(s, count, Flag.ZF, values.get(3));
    setUnlessZero(s, count, Flag.PF, values.get(4));
    setUnlessZero(s, count, Flag.OF, overflow);
    setUnlessZero(s, count, Flag.AF, adjust);
    return s.next();
  }
}
