package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Shape.is;
import static dev.postern.verifier.smt.Shape.isWithConstant;
import static dev.postern.verifier.smt.Shape.isZero;
import static dev.postern.verifier.smt.Shape.operand;

import dev.postern.x86.Bits;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Shifts, extraction, concatenation and extension. Shifts by known amounts become the bits they
 * keep; concatenations lean right and put neighbouring pieces of one value together again, so that
 * a value stored by bytes and loaded by words is itself.
 */
final class ShapeRules {

  private final TermAlgebra t;
  private final TermStore store;

  ShapeRules(TermAlgebra t, TermStore store) {
    this.t = t;
    this.store = store;
  }

  Term shl(Term a, Term amount) {
    if (isZero(a)) {
      return a;
    }
    OptionalInt known = amount(amount, a.width());
    if (known.isEmpty()) {
      return store.shl(a, amount);
    }
    int n = known.getAsInt();
    if (n == a.width()) {
      return zero(a.width());
    }
    return n == 0 ? a : t.concat(t.extract(a, a.width() - 1 - n, 0), zero(n));
  }

  Term lshr(Term a, Term amount) {
    if (isZero(a)) {
      return a;
    }
    OptionalInt known = amount(amount, a.width());
    if (known.isEmpty()) {
      return store.lshr(a, amount);
    }
    int n = known.getAsInt();
    return n == a.width()
        ? zero(a.width())
        : t.zeroExtend(t.extract(a, a.width() - 1, n), a.width());
  }

  Term ashr(Term a, Term amount) {
    if (isZero(a)) {
      return a;
    }
    OptionalInt known = amount(amount, a.width());
    if (known.isEmpty()) {
      return store.ashr(a, amount);
    }
    int n = Math.min(known.getAsInt(), a.width() - 1);
    return t.signExtend(t.extract(a, a.width() - 1, n), a.width());
  }

  /** A known shift amount; {@code width} stands for all amounts that shift everything out. */
  private static OptionalInt amount(Term amount, int width) {
    if (amount instanceof Term.Constant c) {
      Bits value = c.value();
      boolean below = value.high() == 0 && Facts.less(value.low(), width);
      return OptionalInt.of(below ? (int) value.low() : width);
    }
    return amount.facts().recorded() && !Facts.less(amount.facts().min(), width)
        ? OptionalInt.of(width)
        : OptionalInt.empty();
  }

  Term extract(Term a, int high, int low) {
    int width = high - low + 1;
    if (width == a.width()) {
      return a;
    }
    if (!(a instanceof Term.Apply apply)) {
      return store.extract(a, high, low);
    }
    Term first = apply.operand(0);
    return switch (apply.operator()) {
      case EXTRACT -> t.extract(first, high + apply.low(), low + apply.low());
      case CONCAT -> extractOfConcat(first, apply.operand(1), high, low);
      case ZERO_EXTEND -> {
        if (low >= first.width()) {
          yield zero(width);
        }
        int top = Math.min(high, first.width() - 1);
        yield t.zeroExtend(t.extract(first, top, low), width);
      }
      case SIGN_EXTEND -> {
        int from = Math.min(low, first.width() - 1);
        int top = Math.min(high, first.width() - 1);
        yield t.signExtend(t.extract(first, top, from), width);
      }
      case NOT -> t.not(t.extract(first, high, low));
      case AND, OR, XOR -> {
        Term second = apply.operand(1);
        if (!(second instanceof Term.Constant)) {
          yield store.extract(a, high, low);
        }
        Term left = t.extract(first, high, low);
        Term right = t.extract(second, high, low);
        yield apply.operator() == Operator.AND
            ? t.and(left, right)
            : apply.operator() == Operator.OR ? t.or(left, right) : t.xor(left, right);
      }
      case ADD -> // the low bits of a sum come from low bits only
          low == 0 && apply.operand(1) instanceof Term.Constant c
              ? t.add(t.extract(first, high, 0), t.extract(c, high, 0))
              : store.extract(a, high, low);
      case ITE -> {
        boolean shrinks =
            apply.operand(1) instanceof Term.Constant || apply.operand(2) instanceof Term.Constant;
        yield shrinks
            ? t.ite(
                first,
                t.extract(apply.operand(1), high, low),
                t.extract(apply.operand(2), high, low))
            : store.extract(a, high, low);
      }
      case NEG, SUB, MUL, UDIV, UREM, SHL, LSHR, ASHR, EQ, ULT, SLT -> store.extract(a, high, low);
    };
  }

  private Term extractOfConcat(Term upper, Term lower, int high, int low) {
    int cut = lower.width();
    if (high < cut) {
      return t.extract(lower, high, low);
    }
    if (low >= cut) {
      return t.extract(upper, high - cut, low - cut);
    }
    return t.concat(t.extract(upper, high - cut, 0), t.extract(lower, cut - 1, low));
  }

  Term concat(Term high, Term low) {
    if (is(high, Operator.CONCAT)) { // (x:y):z = x:(y:z)
      return t.concat(operand(high, 0), t.concat(operand(high, 1), low));
    }
    if (isZero(high)) { // 0:x = zero_extend x
      return t.zeroExtend(low, high.width() + low.width());
    }
    if (is(high, Operator.ZERO_EXTEND)) { // (zero_extend x):y = zero_extend (x:y)
      return t.zeroExtend(t.concat(operand(high, 0), low), high.width() + low.width());
    }
    Optional<Term> joined = joined(high, low);
    if (joined.isPresent()) {
      return joined.get();
    }
    if (is(low, Operator.CONCAT)) {
      joined = joined(high, operand(low, 0));
      if (joined.isPresent()) {
        return t.concat(joined.get(), operand(low, 1));
      }
    }
    if (is(low, Operator.ZERO_EXTEND) && high instanceof Term.Constant) { // c:(0:x) = (c:0):x
      Term inner = operand(low, 0);
      return store.concat(t.concat(high, zero(low.width() - inner.width())), inner);
    }
    return store.concat(high, low);
  }

  /** Two neighbouring pieces of one value as one piece, or two constants as one. */
  private Optional<Term> joined(Term high, Term low) {
    if (high instanceof Term.Constant && low instanceof Term.Constant) {
      return Optional.of(t.concat(high, low));
    }
    Term whole = whole(low);
    if (is(high, Operator.EXTRACT)
        && operand(high, 0) == whole
        && ((Term.Apply) high).low() == lowest(low) + low.width()) {
      int top = ((Term.Apply) high).low() + high.width() - 1;
      return Optional.of(t.extract(whole, top, lowest(low)));
    }
    return Optional.empty();
  }

  private static Term whole(Term piece) {
    return is(piece, Operator.EXTRACT) ? operand(piece, 0) : piece;
  }

  private static int lowest(Term piece) {
    return is(piece, Operator.EXTRACT) ? ((Term.Apply) piece).low() : 0;
  }

  Term zeroExtend(Term a, int width) {
    if (is(a, Operator.ZERO_EXTEND)) {
      return t.zeroExtend(operand(a, 0), width);
    }
    return store.zeroExtend(a, width);
  }

  Term signExtend(Term a, int width) {
    if (width == a.width()) {
      return a;
    }
    if (is(a, Operator.SIGN_EXTEND)) {
      return t.signExtend(operand(a, 0), width);
    }
    if (is(a, Operator.ZERO_EXTEND)) { // its sign bit is 0
      return t.zeroExtend(operand(a, 0), width);
    }
    Optional<Boolean> sign = a.facts().sign();
    if (sign.isPresent()) {
      Term above = sign.get() ? ones(width - a.width()) : zero(width - a.width());
      return t.concat(above, a);
    }
    if (isWithConstant(a, Operator.CONCAT)) { // sign_extend (x:c) = (sign_extend x):c
      Term low = operand(a, 1);
      return t.concat(t.signExtend(operand(a, 0), width - low.width()), low);
    }
    return store.signExtend(a, width);
  }

  private Term zero(int width) {
    return t.constant(Bits.of(width, 0));
  }

  private Term ones(int width) {
    return t.constant(Bits.of(width, -1L, -1L));
  }
}
