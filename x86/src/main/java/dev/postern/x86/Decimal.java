package dev.postern.x86;

import java.util.List;

/** DAA, DAS, AAA, AAS, AAM, AAD: not in 64-bit mode. */
final class Decimal {

  private Decimal() {}

  /** After an addition: 6 into the low digit, 60H into the high one, as digits overflow. */
  static <V> Flow<V> daa(Step<V> s) {
    Algebra<V> a = s.algebra;
    V al = s.register(Gpr.RAX, 8);
    V carry = s.flag(Flag.CF);
    V low = a.or(lowDigitAbove9(s, al), s.flag(Flag.AF));
    V high = a.or(a.ult(s.constant(8, 0x99), al), carry);
    V r = a.add(al, a.ite(low, s.constant(8, 6), s.zero(8)));
    r = a.add(r, a.ite(high, s.constant(8, 0x60), s.zero(8)));
    return adjusted(s, al, r, high, low);
  }

  /** After a subtraction; the borrow of the low digit's 6 stays in CF. */
  static <V> Flow<V> das(Step<V> s) {
    Algebra<V> a = s.algebra;
    V al = s.register(Gpr.RAX, 8);
    V carry = s.flag(Flag.CF);
    V low = a.or(lowDigitAbove9(s, al), s.flag(Flag.AF));
    V high = a.or(a.ult(s.constant(8, 0x99), al), carry);
    V borrow = a.and(low, a.ult(al, s.constant(8, 6)));
    V r = a.sub(al, a.ite(low, s.constant(8, 6), s.zero(8)));
    r = a.sub(r, a.ite(high, s.constant(8, 0x60), s.zero(8)));
    return adjusted(s, al, r, a.or(high, borrow), low);
  }

  private static <V> Flow<V> adjusted(Step<V> s, V al, V r, V carry, V adjust) {
    s.setRegister(Gpr.RAX, r);
    s.set(Flag.CF, carry);
    s.set(Flag.AF, adjust);
    Flags.result(s, r);
    Flags.undefined(s, List.of(al), Flag.OF);
    return s.next();
  }

  /** {@code AX := AX + 106H} where the low digit overflowed; {@code AL := AL AND 0FH}. */
  static <V> Flow<V> aaa(Step<V> s) {
    V ax = s.register(Gpr.RAX, 16);
    return unpacked(s, ax, s.algebra.add(ax, s.constant(16, 0x106)));
  }

  /** {@code AX := AX - 6; AH := AH - 1} where it borrowed; {@code AL := AL AND 0FH}. */
  static <V> Flow<V> aas(Step<V> s) {
    V ax = s.register(Gpr.RAX, 16);
    return unpacked(s, ax, s.algebra.sub(ax, s.constant(16, 0x106)));
  }

  private static <V> Flow<V> unpacked(Step<V> s, V ax, V corrected) {
    Algebra<V> a = s.algebra;
    V wrong = a.or(lowDigitAbove9(s, ax), s.flag(Flag.AF));
    V r = a.and(a.ite(wrong, corrected, ax), s.constant(16, 0xff0f));
    s.setRegister(Gpr.RAX, r);
    s.set(Flag.AF, wrong);
    s.set(Flag.CF, wrong);
    Flags.undefined(s, List.of(ax), Flag.OF, Flag.SF, Flag.ZF, Flag.PF);
    return s.next();
  }

  /** {@code AH := AL / base; AL := AL MOD base}; #DE for base 0. */
  static <V> Flow<V> aam(Step<V> s) {
    Algebra<V> a = s.algebra;
    V base = s.read(0);
    s.cpu.raiseIf(s.isZero(base), ExceptionVector.DE);
    V al = s.register(Gpr.RAX, 8);
    V r = a.urem(al, base);
    s.setRegister(Gpr.RAX, a.concat(a.udiv(al, base), r));
    return based(s, List.of(al, base), r);
  }

  /** {@code AL := AL + AH * base; AH := 0}. */
  static <V> Flow<V> aad(Step<V> s) {
    Algebra<V> a = s.algebra;
    V ax = s.register(Gpr.RAX, 16);
    V base = s.read(0);
    V r = a.add(s.fit(ax, 8), a.mul(a.extract(ax, 15, 8), base));
    s.setRegister(Gpr.RAX, a.zeroExtend(r, 16));
    return based(s, List.of(ax, base), r);
  }

  private static <V> Flow<V> based(Step<V> s, List<V> inputs, V r) {
    Flags.result(s, r);
    Flags.undefined(s, inputs, Flag.OF, Flag.AF, Flag.CF);
    return s.next();
  }

  private static <V> V lowDigitAbove9(Step<V> s, V value) {
    return s.algebra.ult(s.constant(4, 9), s.algebra.extract(value, 3, 0));
  }
}
