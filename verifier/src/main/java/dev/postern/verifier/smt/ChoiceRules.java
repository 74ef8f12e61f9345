package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Shape.is;
import static dev.postern.verifier.smt.Shape.operand;

import dev.postern.x86.Bits;
import java.util.function.UnaryOperator;

/** if-then-else, and operations on a choice between constants. */
final class ChoiceRules {

  private final TermAlgebra t;
  private final TermStore store;

  ChoiceRules(TermAlgebra t, TermStore store) {
    this.t = t;
    this.store = store;
  }

  static boolean isChoiceOfConstants(Term term) {
    return is(term, Operator.ITE)
        && operand(term, 1) instanceof Term.Constant
        && operand(term, 2) instanceof Term.Constant;
  }

  /** f(ite c k l) = ite c f(k) f(l): as large as before, and perhaps smaller. */
  Term mapArms(Term.Apply choice, UnaryOperator<Bits> f) {
    return t.ite(choice.operand(0), mapped(choice.operand(1), f), mapped(choice.operand(2), f));
  }

  private Term mapped(Term constant, UnaryOperator<Bits> f) {
    return t.constant(f.apply(((Term.Constant) constant).value()));
  }

  Term ite(Term condition, Term then, Term otherwise) {
    if (condition.isTrue() || then == otherwise) {
      return then;
    }
    if (condition.isFalse()) {
      return otherwise;
    }
    if (is(condition, Operator.NOT)) { // ite (not c) x y = ite c y x
      return t.ite(operand(condition, 0), otherwise, then);
    }
    if (is(then, Operator.ITE)
        && operand(then, 0) == condition) { // ite c (ite c x y) z = ite c x z
      return t.ite(condition, operand(then, 1), otherwise);
    }
    if (is(otherwise, Operator.ITE) && operand(otherwise, 0) == condition) {
      return t.ite(condition, then, operand(otherwise, 2));
    }
    if (then.width() == 1) {
      return truth(condition, then, otherwise);
    }
    if (is(otherwise, Operator.ITE)) { // ite c x (ite d x y) = ite (c | d) x y
      Term inner = operand(otherwise, 0);
      if (operand(otherwise, 1) == then) {
        return t.ite(t.or(condition, inner), then, operand(otherwise, 2));
      }
      if (operand(otherwise, 2) == then) { // ite c x (ite d y x) = ite (~c & d) y x
        return t.ite(t.and(t.not(condition), inner), operand(otherwise, 1), then);
      }
    }
    if (is(then, Operator.ITE)) {
      Term inner = operand(then, 0);
      if (operand(then, 2) == otherwise) { // ite c (ite d x y) y = ite (c & d) x y
        return t.ite(t.and(condition, inner), operand(then, 1), otherwise);
      }
      if (operand(then, 1) == otherwise) { // ite c (ite d y x) y = ite (c & ~d) x y
        return t.ite(t.and(condition, t.not(inner)), operand(then, 2), otherwise);
      }
    }
    if (is(condition, Operator.EQ) // ite (x = y) x y = y
        && Shape.has(condition, Operator.EQ, then)
        && Shape.has(condition, Operator.EQ, otherwise)) {
      return otherwise;
    }
    return store.ite(condition, then, otherwise);
  }

  /** At one bit a choice is a connective, if an arm is known or is the condition. */
  private Term truth(Term condition, Term then, Term otherwise) {
    if (then.isTrue() || then == condition) { // ite c 1 y = c | y
      return t.or(condition, otherwise);
    }
    if (then.isFalse()) { // ite c 0 y = ~c & y
      return t.and(t.not(condition), otherwise);
    }
    if (otherwise.isTrue()) { // ite c x 1 = ~c | x
      return t.or(t.not(condition), then);
    }
    if (otherwise.isFalse() || otherwise == condition) { // ite c x 0 = c & x
      return t.and(condition, then);
    }
    if (then == t.not(otherwise)) { // ite c ~y y = c ^ y
      return t.xor(condition, otherwise);
    }
    return store.ite(condition, then, otherwise);
  }
}
