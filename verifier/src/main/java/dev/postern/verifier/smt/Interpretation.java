package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Terms read in another algebra: numbers for evaluation, terms for substitution, a solver's
 * expressions for translation. Remembers what it has read, so that common parts of several terms
 * are read once.
 */
public final class Interpretation<V> {

  private final Algebra<V> algebra;
  private final Function<? super Term.Variable, ? extends V> variables;
  private final Map<Term, V> known = new HashMap<>();

  public Interpretation(
      Algebra<V> algebra, Function<? super Term.Variable, ? extends V> variables) {
    this.algebra = algebra;
    this.variables = variables;
  }

  /** The meaning of {@code root}. */
  public V of(Term root) {
    V before = known.get(root);
    if (before != null) {
      return before;
    }
    Deque<Terms.Visit> stack = new ArrayDeque<>();
    stack.push(new Terms.Visit(root));
    V last = null;
    while (!stack.isEmpty()) {
      Terms.Visit visit = stack.element();
      if (visit.term() instanceof Term.Apply apply && visit.more(apply)) {
        Term operand = visit.next(apply);
        if (!known.containsKey(operand)) {
          stack.push(new Terms.Visit(operand));
        }
      } else {
        last = meaning(visit.term());
        known.put(visit.term(), last);
        stack.pop();
      }
    }
    return Objects.requireNonNull(last);
  }

  private V meaning(Term term) {
    return switch (term) {
      case Term.Constant constant -> constant(constant);
      case Term.Variable variable -> variables.apply(variable);
      case Term.Apply apply -> meaning(apply);
    };
  }

  private V constant(Term.Constant constant) {
    int width = constant.width();
    V low = algebra.constant(Math.min(width, 64), constant.value().low());
    return width <= 64
        ? low
        : algebra.concat(algebra.constant(width - 64, constant.value().high()), low);
  }

  private V meaning(Term.Apply term) {
    V a = meaningKnown(term.operand(0));
    return switch (term.operator()) {
      case NOT -> algebra.not(a);
      case NEG -> algebra.neg(a);
      case AND -> algebra.and(a, second(term));
      case OR -> algebra.or(a, second(term));
      case XOR -> algebra.xor(a, second(term));
      case ADD -> algebra.add(a, second(term));
      case SUB -> algebra.sub(a, second(term));
      case MUL -> algebra.mul(a, second(term));
      case UDIV -> algebra.udiv(a, second(term));
      case UREM -> algebra.urem(a, second(term));
      case SHL -> algebra.shl(a, second(term));
      case LSHR -> algebra.lshr(a, second(term));
      case ASHR -> algebra.ashr(a, second(term));
      case EQ -> algebra.eq(a, second(term));
      case ULT -> algebra.ult(a, second(term));
      case SLT -> algebra.slt(a, second(term));
      case ITE -> algebra.ite(a, second(term), meaningKnown(term.operand(2)));
      case EXTRACT -> algebra.extract(a, term.low() + term.width() - 1, term.low());
      case CONCAT -> algebra.concat(a, second(term));
      case ZERO_EXTEND -> algebra.zeroExtend(a, term.width());
      case SIGN_EXTEND -> algebra.signExtend(a, term.width());
    };
  }

  private V second(Term.Apply term) {
    return meaningKnown(term.operand(1));
  }

  private V meaningKnown(Term term) {
    V value = known.get(term);
    if (value == null) {
      throw new IllegalStateException("read before its operands: " + term);
    }
    return value;
  }
}
