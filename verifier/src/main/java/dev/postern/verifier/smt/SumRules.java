package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Shape.complementary;
import static dev.postern.verifier.smt.Shape.has;
import static dev.postern.verifier.smt.Shape.is;
import static dev.postern.verifier.smt.Shape.isWithConstant;
import static dev.postern.verifier.smt.Shape.isZero;
import static dev.postern.verifier.smt.Shape.operand;
import static dev.postern.verifier.smt.Shape.other;
import static dev.postern.verifier.smt.Shape.outOfOrder;

import dev.postern.x86.Bits;
import java.util.OptionalInt;

/**
 * Addition and what derives from it. A sum has its constant last: {@code rsp - 8 + 16 = rsp + 8}.
 */
final class SumRules {

  private final TermAlgebra t;
  private final TermStore store;

  SumRules(TermAlgebra t, TermStore store) {
    this.t = t;
    this.store = store;
  }

  Term add(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return add(b, a);
    }
    if (isZero(b)) { // x + 0 = x
      return a;
    }
    if (complementary(a, b)) { // x + ~x = -1
      return t.constant(Bits.of(a.width(), -1L, -1L));
    }
    if (isWithConstant(a, Operator.ADD)) { // (x + c) + y = (x + y) + c
      return b instanceof Term.Constant
          ? t.add(operand(a, 0), t.add(operand(a, 1), b))
          : t.add(t.add(operand(a, 0), b), operand(a, 1));
    }
    if (isWithConstant(b, Operator.ADD)) {
      return t.add(t.add(a, operand(b, 0)), operand(b, 1));
    }
    if (is(a, Operator.SUB)
        && operand(a, 0) instanceof Term.Constant) { // (c - x) + y = c + (y - x)
      return b instanceof Term.Constant
          ? t.sub(t.add(operand(a, 0), b), operand(a, 1))
          : t.add(t.sub(b, operand(a, 1)), operand(a, 0));
    }
    if (is(b, Operator.SUB) && operand(b, 0) instanceof Term.Constant) {
      return t.add(t.sub(a, operand(b, 1)), operand(b, 0));
    }
    if (is(a, Operator.SUB) && operand(a, 1) == b) { // (x - y) + y = x
      return operand(a, 0);
    }
    if (is(b, Operator.SUB) && operand(b, 1) == a) {
      return operand(b, 0);
    }
    if (is(a, Operator.NEG)) { // -x + y = y - x
      return t.sub(b, operand(a, 0));
    }
    if (is(b, Operator.NEG)) {
      return t.sub(a, operand(b, 0));
    }
    if (b instanceof Term.Constant c && is(a, Operator.CONCAT)) {
      Term low = operand(a, 1);
      int cut = low.width();
      if (isZero(t.extract(c, cut - 1, 0))) { // x:y + c:0 = (x + c):y
        return t.concat(t.add(operand(a, 0), t.extract(c, a.width() - 1, cut)), low);
      }
    }
    return store.add(a, b);
  }

  Term sub(Term a, Term b) {
    if (a == b) { // x - x = 0
      return t.constant(Bits.of(a.width(), 0));
    }
    if (b instanceof Term.Constant) { // x - c = x + -c
      return t.add(a, t.neg(b));
    }
    if (isZero(a)) { // 0 - x = -x
      return t.neg(b);
    }
    if (is(b, Operator.NEG)) { // x - -y = x + y
      return t.add(a, operand(b, 0));
    }
    if (isWithConstant(b, Operator.ADD)) { // x - (y + c) = (x - y) + -c
      return t.add(t.sub(a, operand(b, 0)), t.neg(operand(b, 1)));
    }
    if (isWithConstant(a, Operator.ADD)) { // (x + c) - y = (x - y) + c
      return t.add(t.sub(operand(a, 0), b), operand(a, 1));
    }
    if (is(b, Operator.SUB)
        && operand(b, 0) instanceof Term.Constant) { // x - (c - y) = (x + y) - c
      return t.add(t.add(a, operand(b, 1)), t.neg(operand(b, 0)));
    }
    if (is(a, Operator.SUB)
        && operand(a, 0) instanceof Term.Constant) { // (c - x) - y = c - (x + y)
      return t.sub(operand(a, 0), t.add(operand(a, 1), b));
    }
    if (has(a, Operator.ADD, b)) { // (x + y) - x = y
      return other(a, b);
    }
    if (has(b, Operator.ADD, a)) { // x - (x + y) = -y
      return t.neg(other(b, a));
    }
    if (is(b, Operator.SUB) && operand(b, 0) == a) { // x - (x - y) = y
      return operand(b, 1);
    }
    if (is(a, Operator.SUB) && operand(a, 0) == b) { // (x - y) - x = -y
      return t.neg(operand(a, 1));
    }
    return store.sub(a, b);
  }

  Term neg(Term a) {
    if (is(a, Operator.NEG)) { // --x = x
      return operand(a, 0);
    }
    if (is(a, Operator.SUB)) { // -(x - y) = y - x
      return t.sub(operand(a, 1), operand(a, 0));
    }
    if (isWithConstant(a, Operator.ADD)) { // -(x + c) = -c - x
      return t.sub(t.neg(operand(a, 1)), operand(a, 0));
    }
    return store.neg(a);
  }

  Term mul(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return mul(b, a);
    }
    if (b instanceof Term.Constant c) {
      if (isZero(b)) { // x * 0 = 0
        return b;
      }
      OptionalInt power = powerOfTwo(c);
      if (power.isPresent()) { // x * 2^n = x << n
        return t.shl(a, t.constant(Bits.of(a.width(), power.getAsInt())));
      }
      if (isWithConstant(a, Operator.MUL)) { // (x * c) * d = x * (c * d)
        return t.mul(operand(a, 0), t.mul(operand(a, 1), b));
      }
    }
    return store.mul(a, b);
  }

  Term udiv(Term a, Term b) {
    if (b instanceof Term.Constant c) {
      if (isZero(b)) { // x / 0 = ~0, by SMT-LIB's definition
        return t.constant(Bits.of(a.width(), -1L, -1L));
      }
      OptionalInt power = powerOfTwo(c);
      if (power.isPresent()) { // x / 2^n = x >> n
        return t.lshr(a, t.constant(Bits.of(a.width(), power.getAsInt())));
      }
    }
    if (surelyLess(a, b)) { // x / y = 0 if x < y
      return t.constant(Bits.of(a.width(), 0));
    }
    return store.udiv(a, b);
  }

  Term urem(Term a, Term b) {
    if (b instanceof Term.Constant c) {
      if (isZero(b)) { // x % 0 = x, by SMT-LIB's definition
        return a;
      }
      if (powerOfTwo(c).isPresent()) { // x % 2^n = x & (2^n - 1)
        return t.and(a, t.sub(b, t.constant(Bits.of(a.width(), 1))));
      }
    }
    if (surelyLess(a, b)) { // x % y = x if x < y
      return a;
    }
    return store.urem(a, b);
  }

  private static boolean surelyLess(Term a, Term b) {
    return a.facts().recorded() && Facts.less(a.facts().max(), b.facts().min());
  }

  private static OptionalInt powerOfTwo(Term.Constant c) {
    Bits value = c.value();
    if (Long.bitCount(value.low()) + Long.bitCount(value.high()) != 1) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        value.low() != 0
            ? Long.numberOfTrailingZeros(value.low())
            : 64 + Long.numberOfTrailingZeros(value.high()));
  }
}
