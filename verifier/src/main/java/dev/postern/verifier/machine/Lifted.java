package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Operator;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import java.util.Map;
import java.util.Optional;

/**
 * A function of one choice between constants as a choice between the function's values: what an
 * entry of a jump table leads to is the table's address plus the entry, sign extended.
 */
final class Lifted {

  /** Choices deeper than a table has entries are left as they are. */
  private static final int DEPTH = 256;

  private final TermAlgebra algebra;

  Lifted(TermAlgebra algebra) {
    this.algebra = algebra;
  }

  /** {@code term}, or an equal one that is a choice. */
  Term of(Term term) {
    if (!(term instanceof Term.Apply apply) || apply.operator() == Operator.ITE) {
      return term;
    }
    Optional<Term.Apply> choice = Optional.empty();
    for (Term part : Terms.operandsFirst(java.util.List.of(term))) {
      if (part instanceof Term.Apply inner && inner.operator() == Operator.ITE && chain(inner)) {
        choice = Optional.of(inner);
      }
    }
    if (choice.isEmpty()) {
      return term;
    }
    Term.Variable hole = algebra.variable("hole", choice.get().width());
    Optional<Term> around = around(term, choice.get(), hole);
    return around.isEmpty() ? term : applied(choice.get(), around.get(), hole);
  }

  /** Whether every leaf is a constant. */
  private static boolean chain(Term term) {
    Term at = term;
    for (int i = 0; i < DEPTH; i++) {
      if (at instanceof Term.Constant) {
        return true;
      }
      if (!(at instanceof Term.Apply apply)
          || apply.operator() != Operator.ITE
          || !(apply.operand(1) instanceof Term.Constant)) {
        return false;
      }
      at = apply.operand(2);
    }
    return false;
  }

  /** {@code term} with the choice taken out, if it is a function of nothing else. */
  private Optional<Term> around(Term term, Term choice, Term hole) {
    if (term == choice) {
      return Optional.of(hole);
    }
    return switch (term) {
      case Term.Constant constant -> Optional.of(constant);
      case Term.Variable variable -> Optional.empty();
      case Term.Apply apply -> {
        Term[] operands = new Term[apply.arity()];
        for (int i = 0; i < operands.length; i++) {
          Optional<Term> operand = around(apply.operand(i), choice, hole);
          if (operand.isEmpty()) {
            yield Optional.empty();
          }
          operands[i] = operand.get();
        }
        yield rebuilt(apply, operands);
      }
    };
  }

  private Optional<Term> rebuilt(Term.Apply apply, Term[] operands) {
    return switch (apply.operator()) {
      case ADD -> Optional.of(algebra.add(operands[0], operands[1]));
      case SUB -> Optional.of(algebra.sub(operands[0], operands[1]));
      case SHL -> Optional.of(algebra.shl(operands[0], operands[1]));
      case SIGN_EXTEND -> Optional.of(algebra.signExtend(operands[0], apply.width()));
      case ZERO_EXTEND -> Optional.of(algebra.zeroExtend(operands[0], apply.width()));
      case CONCAT -> Optional.of(algebra.concat(operands[0], operands[1]));
      case EXTRACT ->
          Optional.of(algebra.extract(operands[0], apply.low() + apply.width() - 1, apply.low()));
      case NOT, NEG, AND, OR, XOR, MUL, UDIV, UREM, LSHR, ASHR, EQ, ULT, SLT, ITE ->
          Optional.empty();
    };
  }

  private Term applied(Term choice, Term function, Term.Variable hole) {
    if (choice instanceof Term.Apply apply && apply.operator() == Operator.ITE) {
      return algebra.ite(
          apply.operand(0),
          Terms.substitute(function, Map.of(hole, apply.operand(1)), algebra),
          applied(apply.operand(2), function, hole));
    }
    return Terms.substitute(function, Map.of(hole, choice), algebra);
  }
}
