package dev.postern.x86;

/** Addition and subtraction: ADD, ADC, SUB, SBB, CMP, INC, DEC, NEG, XADD, ADCX, ADOX. */
final class Arithmetic {

  private Arithmetic() {}

  /** {@code DEST := DEST + SRC}; OF, SF, ZF, AF, CF and PF according to the result. */
  static <V> Flow<V> add(Step<V> s) {
    V x = s.read(0);
    V y = s.read(1);
    V r = s.algebra.add(x, y);
    s.write(0, r);
    sumFlags(s, x, y, r, s.algebra.ult(r, x));
    return s.next();
  }

  /** {@code DEST := DEST + SRC + CF}. */
  static <V> Flow<V> adc(Step<V> s) {
    V x = s.read(0);
    V y = s.read(1);
    V wide = wideSum(s, x, y, s.flag(Flag.CF));
    int width = s.algebra.width(x);
    V r = s.fit(wide, width);
    s.write(0, r);
    sumFlags(s, x, y, r, s.bit(wide, width));
    return s.next();
  }

  /** {@code DEST := DEST - SRC}. */
  static <V> Flow<V> sub(Step<V> s) {
    return subtract(s, true);
  }

  /** {@code DEST - SRC}, flags only. */
  static <V> Flow<V> cmp(Step<V> s) {
    return subtract(s, false);
  }

  private static <V> Flow<V> subtract(Step<V> s, boolean write) {
    // x - x is 0 - 0 in result and flags: said here, so that the outcome visibly carries no data.
    boolean same = Logic.sameRegister(s);
    V x = same ? s.zero(s.operand(0).width()) : s.read(0);
    V y = same ? x : s.read(1);
    V r = s.algebra.sub(x, y);
    if (write) {
      s.write(0, r);
    }
    differenceFlags(s, x, y, r);
    return s.next();
  }

  /** {@code DEST := DEST - (SRC + CF)}. */
  static <V> Flow<V> sbb(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    V y = s.read(1);
    int width = a.width(x);
    V borrow = a.zeroExtend(s.flag(Flag.CF), width + 1);
    V wide = a.sub(a.sub(a.zeroExtend(x, width + 1), a.zeroExtend(y, width + 1)), borrow);
    V r = s.fit(wide, width);
    s.write(0, r);
    s.set(Flag.CF, s.bit(wide, width));
    s.set(Flag.OF, Flags.overflowOfDifference(s, x, y, r));
    s.set(Flag.AF, Flags.adjust(s, x, y, r));
    Flags.result(s, r);
    return s.next();
  }

  /** {@code DEST := DEST + 1}; CF is not affected. */
  static <V> Flow<V> inc(Step<V> s) {
    V x = s.read(0);
    V one = s.constant(s.algebra.width(x), 1);
    V r = s.algebra.add(x, one);
    s.write(0, r);
    sumFlags(s, x, one, r, s.flag(Flag.CF));
    return s.next();
  }

  /** {@code DEST := DEST - 1}; CF is not affected. */
  static <V> Flow<V> dec(Step<V> s) {
    V x = s.read(0);
    V one = s.constant(s.algebra.width(x), 1);
    V r = s.algebra.sub(x, one);
    V carry = s.flag(Flag.CF);
    s.write(0, r);
    differenceFlags(s, x, one, r);
    s.set(Flag.CF, carry);
    return s.next();
  }

  /** {@code CF := DEST != 0; DEST := -DEST}; the other flags as of {@code 0 - DEST}. */
  static <V> Flow<V> neg(Step<V> s) {
    V y = s.read(0);
    V zero = s.zero(s.algebra.width(y));
    V r = s.algebra.neg(y);
    s.write(0, r);
    differenceFlags(s, zero, y, r);
    return s.next();
  }

  /** {@code TEMP := SRC + DEST; SRC := DEST; DEST := TEMP}; flags as ADD. */
  static <V> Flow<V> xadd(Step<V> s) {
    V x = s.read(0);
    V y = s.read(1);
    V r = s.algebra.add(x, y);
    if (s.isMemory(0)) {
      s.write(0, r);
      s.write(1, x);
    } else {
      s.write(1, x);
      s.write(0, r); // second, so that the sum stays when both are one register
    }
    sumFlags(s, x, y, r, s.algebra.ult(r, x));
    return s.next();
  }

  /** ADCX, ADOX: {@code flag:DEST := DEST + SRC + flag}; no other flag changes. */
  static <V> Flow<V> addThrough(Step<V> s, Flag flag) {
    V x = s.read(0);
    int width = s.algebra.width(x);
    V wide = wideSum(s, x, s.read(1), s.flag(flag));
    s.write(0, s.fit(wide, width));
    s.set(flag, s.bit(wide, width));
    return s.next();
  }

  /** {@code x + y + carry} with the carry out as one more bit on top. */
  private static <V> V wideSum(Step<V> s, V x, V y, V carry) {
    Algebra<V> a = s.algebra;
    int width = a.width(x) + 1;
    return a.add(a.add(a.zeroExtend(x, width), a.zeroExtend(y, width)), a.zeroExtend(carry, width));
  }

  private static <V> void sumFlags(Step<V> s, V x, V y, V r, V carry) {
    s.set(Flag.CF, carry);
    s.set(Flag.OF, Flags.overflowOfSum(s, x, y, r));
    s.set(Flag.AF, Flags.adjust(s, x, y, r));
    Flags.result(s, r);
  }

  /** All six status flags of {@code x - y = r}. */
  static <V> void differenceFlags(Step<V> s, V x, V y, V r) {
    s.set(Flag.CF, s.algebra.ult(x, y));
    s.set(Flag.OF, Flags.overflowOfDifference(s, x, y, r));
    s.set(Flag.AF, Flags.adjust(s, x, y, r));
    Flags.result(s, r);
  }
}
