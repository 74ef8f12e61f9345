package dev.postern.x86;

import java.util.List;

/** MUL, IMUL, DIV, IDIV. */
final class Multiply {

  private Multiply() {}

  /** {@code rDX:rAX := rAX * SRC} (AX := AL * SRC); CF and OF say that the upper half is used. */
  static <V> Flow<V> mul(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    int width = a.width(x);
    V y = s.register(Gpr.RAX, width);
    V product = a.mul(a.zeroExtend(x, 2 * width), a.zeroExtend(y, 2 * width));
    setWide(s, product);
    V upper = a.extract(product, 2 * width - 1, width);
    productFlags(s, a.not(s.isZero(upper)), List.of(x, y));
    return s.next();
  }

  /** One operand as MUL, signed; two: {@code DEST := DEST * SRC}; three: {@code SRC1 * SRC2}. */
  static <V> Flow<V> imul(Step<V> s) {
    Algebra<V> a = s.algebra;
    int operands = s.operandCount();
    V x = s.read(operands == 3 ? 1 : 0);
    int width = a.width(x);
    V y = operands == 1 ? s.register(Gpr.RAX, width) : s.read(operands - 1);
    V product = a.mul(a.signExtend(x, 2 * width), a.signExtend(y, 2 * width));
    V r = s.fit(product, width);
    if (operands == 1) {
      setWide(s, product);
    } else {
      s.write(0, r);
    }
    V lost = a.not(a.eq(product, a.signExtend(r, 2 * width)));
    productFlags(s, lost, List.of(x, y));
    return s.next();
  }

  private static <V> void productFlags(Step<V> s, V overflow, List<V> inputs) {
    s.set(Flag.CF, overflow);
    s.set(Flag.OF, overflow);
    Flags.undefined(s, inputs, Flag.SF, Flag.ZF, Flag.AF, Flag.PF);
  }

  /** {@code rAX := rDX:rAX / SRC; rDX := rDX:rAX MOD SRC}, unsigned; #DE by zero or overflow. */
  static <V> Flow<V> div(Step<V> s) {
    Algebra<V> a = s.algebra;
    V divisor = s.read(0);
    int width = a.width(divisor);
    V dividend = wide(s, width);
    V wideDivisor = a.zeroExtend(divisor, 2 * width);
    V quotient = a.udiv(dividend, wideDivisor);
    V tooLarge = a.not(s.isZero(a.extract(quotient, 2 * width - 1, width)));
    s.cpu.raiseIf(a.or(s.isZero(divisor), tooLarge), ExceptionVector.DE);
    setQuotient(s, s.fit(quotient, width), s.fit(a.urem(dividend, wideDivisor), width));
    return divided(s, List.of(dividend, divisor));
  }

  /**
   * Signed division, rounding towards zero, by dividing magnitudes: the quotient is negative if the
   * signs differ, the remainder has the sign of the dividend.
   */
  static <V> Flow<V> idiv(Step<V> s) {
    Algebra<V> a = s.algebra;
    V divisor = s.read(0);
    int width = a.width(divisor);
    V dividend = wide(s, width);
    V wideDivisor = a.signExtend(divisor, 2 * width);
    V negative = s.sign(dividend);
    V differ = a.xor(negative, s.sign(divisor));
    V magnitude = magnitude(s, dividend);
    V by = magnitude(s, wideDivisor);
    V quotient = negateIf(s, differ, a.udiv(magnitude, by));
    V remainder = negateIf(s, negative, a.urem(magnitude, by));
    V r = s.fit(quotient, width);
    // A wide quotient of -2^(2*width-1) is the sign-extension of nothing: it is caught too.
    V tooLarge = a.not(a.eq(quotient, a.signExtend(r, 2 * width)));
    s.cpu.raiseIf(a.or(s.isZero(divisor), tooLarge), ExceptionVector.DE);
    setQuotient(s, r, s.fit(remainder, width));
    return divided(s, List.of(dividend, divisor));
  }

  private static <V> Flow<V> divided(Step<V> s, List<V> inputs) {
    Flags.undefined(s, inputs, Flag.CF, Flag.OF, Flag.SF, Flag.ZF, Flag.AF, Flag.PF);
    return s.next();
  }

  private static <V> V magnitude(Step<V> s, V value) {
    return negateIf(s, s.sign(value), value);
  }

  private static <V> V negateIf(Step<V> s, V condition, V value) {
    return s.algebra.ite(condition, s.algebra.neg(value), value);
  }

  // ---- the double-width accumulator: AX, DX:AX, EDX:EAX, RDX:RAX

  private static <V> V wide(Step<V> s, int width) {
    return width == 8
        ? s.register(Gpr.RAX, 16)
        : s.algebra.concat(s.register(Gpr.RDX, width), s.register(Gpr.RAX, width));
  }

  private static <V> void setWide(Step<V> s, V value) {
    int width = s.algebra.width(value) / 2;
    if (width == 8) {
      s.setRegister(Gpr.RAX, value);
    } else {
      setQuotient(s, s.fit(value, width), s.algebra.extract(value, 2 * width - 1, width));
    }
  }

  /** Lower half: quotient; upper half: remainder. */
  private static <V> void setQuotient(Step<V> s, V lower, V upper) {
    if (s.algebra.width(lower) == 8) {
      s.setRegister(Gpr.RAX, s.algebra.concat(upper, lower));
    } else {
      s.setRegister(Gpr.RAX, lower);
      s.setRegister(Gpr.RDX, upper);
    }
  }
}
