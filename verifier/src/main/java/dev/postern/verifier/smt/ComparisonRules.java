package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Shape.complementary;
import static dev.postern.verifier.smt.Shape.has;
import static dev.postern.verifier.smt.Shape.is;
import static dev.postern.verifier.smt.Shape.isOnes;
import static dev.postern.verifier.smt.Shape.isWithConstant;
import static dev.postern.verifier.smt.Shape.isZero;
import static dev.postern.verifier.smt.Shape.operand;
import static dev.postern.verifier.smt.Shape.other;
import static dev.postern.verifier.smt.Shape.outOfOrder;

import dev.postern.x86.Bits;
import java.util.Optional;

/**
 * Equality and order. What facts decide is decided by {@link TermAlgebra} from the result's facts.
 */
final class ComparisonRules {

  private final TermAlgebra t;
  private final TermStore store;

  ComparisonRules(TermAlgebra t, TermStore store) {
    this.t = t;
    this.store = store;
  }

  Term eq(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return eq(b, a);
    }
    if (a == b) {
      return t.constant(true);
    }
    if (complementary(a, b) || a.facts().excludes(b.facts())) {
      return t.constant(false);
    }
    if (a.width() == 1 && b instanceof Term.Constant) {
      return b.isTrue() ? a : t.not(a);
    }
    if (b instanceof Term.Constant c) {
      Optional<Term> simpler = eqConstant(a, c);
      if (simpler.isPresent()) {
        return simpler.get();
      }
    }
    if (isWithConstant(a, Operator.ADD) && isWithConstant(b, Operator.ADD)) {
      // x + c = y + d iff x + (c - d) = y
      return t.eq(t.add(operand(a, 0), t.sub(operand(a, 1), operand(b, 1))), operand(b, 0));
    }
    if (has(a, Operator.ADD, b)) { // x + y = x iff y = 0
      return t.eq(other(a, b), zero(a.width()));
    }
    if (has(b, Operator.ADD, a)) {
      return t.eq(other(b, a), zero(a.width()));
    }
    if ((is(a, Operator.NOT) && is(b, Operator.NOT))
        || (is(a, Operator.NEG) && is(b, Operator.NEG))) {
      return t.eq(operand(a, 0), operand(b, 0));
    }
    return eqOfParts(a, b).orElseGet(() -> store.eq(a, b));
  }

  private Optional<Term> eqConstant(Term a, Term.Constant c) {
    if (!(a instanceof Term.Apply apply)) {
      return Optional.empty();
    }
    Term x = apply.operand(0);
    return switch (apply.operator()) {
      case NOT -> Optional.of(t.eq(x, t.not(c))); // ~x = c iff x = ~c
      case NEG -> Optional.of(t.eq(x, t.neg(c)));
      case ADD -> // x + d = c iff x = c - d
          apply.operand(1) instanceof Term.Constant
              ? Optional.of(t.eq(x, t.sub(c, apply.operand(1))))
              : Optional.empty();
      case SUB -> // x - y = 0 iff x = y; d - y = c iff y = d - c
          isZero(c)
              ? Optional.of(t.eq(x, apply.operand(1)))
              : x instanceof Term.Constant
                  ? Optional.of(t.eq(apply.operand(1), t.sub(x, c)))
                  : Optional.empty();
      case XOR -> // x ^ d = c iff x = c ^ d; x ^ y = 0 iff x = y
          apply.operand(1) instanceof Term.Constant
              ? Optional.of(t.eq(x, t.xor(c, apply.operand(1))))
              : isZero(c) ? Optional.of(t.eq(x, apply.operand(1))) : Optional.empty();
      case ITE -> eqChoice(apply, c);
      case SIGN_EXTEND -> {
        Term narrow = t.extract(c, x.width() - 1, 0);
        boolean inRange = t.signExtend(narrow, c.width()) == c;
        yield Optional.of(inRange ? t.eq(x, narrow) : t.constant(false));
      }
      case AND, OR, MUL, UDIV, UREM, SHL, LSHR, ASHR, EQ, ULT, SLT, EXTRACT, CONCAT, ZERO_EXTEND ->
          Optional.empty();
    };
  }

  /** ite d k y = c: with k a constant, that is d | y = c, or ~d &amp; y = c. */
  private Optional<Term> eqChoice(Term.Apply choice, Term c) {
    Term condition = choice.operand(0);
    Term then = choice.operand(1);
    Term otherwise = choice.operand(2);
    if (then instanceof Term.Constant) {
      Term rest = t.eq(otherwise, c);
      return Optional.of(then == c ? t.or(condition, rest) : t.and(t.not(condition), rest));
    }
    if (otherwise instanceof Term.Constant) {
      Term rest = t.eq(then, c);
      return Optional.of(otherwise == c ? t.or(t.not(condition), rest) : t.and(condition, rest));
    }
    return Optional.empty();
  }

  /** Values put together at the same place are equal part by part; used if a part is decided. */
  private Optional<Term> eqOfParts(Term a, Term b) {
    int cut = commonCut(a, b);
    if (cut == 0) {
      return Optional.empty();
    }
    int top = a.width() - 1;
    Term high = t.eq(t.extract(a, top, cut), t.extract(b, top, cut));
    if (high.isFalse()) {
      return Optional.of(high);
    }
    Term low = t.eq(t.extract(a, cut - 1, 0), t.extract(b, cut - 1, 0));
    return high.isTrue() || low instanceof Term.Constant
        ? Optional.of(t.and(high, low))
        : Optional.empty();
  }

  /** A place where both are put together, or one is and the other is constant; else 0. */
  private static int commonCut(Term a, Term b) {
    int cut = Math.max(cut(a), cut(b));
    boolean both = cut(a) == cut && cut(b) == cut;
    boolean oneConstant = a instanceof Term.Constant || b instanceof Term.Constant;
    boolean twoExtensions = is(a, Operator.ZERO_EXTEND) && is(b, Operator.ZERO_EXTEND);
    return both || oneConstant || twoExtensions ? cut : 0;
  }

  private static int cut(Term a) {
    return is(a, Operator.CONCAT)
        ? operand(a, 1).width()
        : is(a, Operator.ZERO_EXTEND) ? operand(a, 0).width() : 0;
  }

  Term ult(Term a, Term b) {
    if (a == b || isZero(b) || isOnes(a)) {
      return t.constant(false);
    }
    if (a.width() == 1) { // a < b iff ~a & b
      return t.and(t.not(a), b);
    }
    if (isZero(a)) { // 0 < x iff x != 0
      return t.not(t.eq(b, a));
    }
    if (isOnes(b)) {
      return t.not(t.eq(a, b));
    }
    if (b.isConstant(1)) { // x < 1 iff x = 0
      return t.eq(a, zero(a.width()));
    }
    return ultOfParts(a, b).orElseGet(() -> store.ult(a, b));
  }

  /**
   * If the upper parts are surely equal, the lower ones decide; if they surely differ, the upper.
   */
  private Optional<Term> ultOfParts(Term a, Term b) {
    int cut = commonCut(a, b);
    if (cut == 0) {
      return Optional.empty();
    }
    int top = a.width() - 1;
    Term highA = t.extract(a, top, cut);
    Term highB = t.extract(b, top, cut);
    Term equal = t.eq(highA, highB);
    if (equal.isTrue()) {
      return Optional.of(t.ult(t.extract(a, cut - 1, 0), t.extract(b, cut - 1, 0)));
    }
    return equal.isFalse() ? Optional.of(t.ult(highA, highB)) : Optional.empty();
  }

  Term slt(Term a, Term b) {
    if (a == b) {
      return t.constant(false);
    }
    if (a.width() == 1) { // 1 is -1: a < b iff a & ~b
      return t.and(a, t.not(b));
    }
    int top = a.width() - 1;
    if (isZero(b)) { // x < 0 iff its sign bit is set
      return t.extract(a, top, top);
    }
    if (isOnes(a)) { // -1 < x iff its sign bit is clear
      return t.not(t.extract(b, top, top));
    }
    Term signA = t.extract(a, top, top);
    Term signB = t.extract(b, top, top);
    Term sameSign = t.eq(signA, signB);
    if (sameSign instanceof Term.Constant) {
      return sameSign.isTrue() ? t.ult(a, b) : signA;
    }
    if (is(a, Operator.SIGN_EXTEND)
        && is(b, Operator.SIGN_EXTEND)
        && operand(a, 0).width() == operand(b, 0).width()) {
      return t.slt(operand(a, 0), operand(b, 0));
    }
    return store.slt(a, b);
  }

  private Term zero(int width) {
    return t.constant(Bits.of(width, 0));
  }
}
