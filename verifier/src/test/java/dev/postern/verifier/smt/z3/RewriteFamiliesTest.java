package dev.postern.verifier.smt.z3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Operator;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.Terms;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every operator applied to every operator, at each operand place, over variables that repeat and
 * the constants at which rules have their edges: wherever the rewriter changes such a term, Z3
 * proves the two equal.
 */
class RewriteFamiliesTest {

  private static final int WIDTH = 4;

  private final TermStore store = new TermStore();
  private final List<Term> leaves = new ArrayList<>();

  @Test
  void everyRewriteOfAPairOfOperatorsIsProved() {
    leaves.add(store.variable("x", WIDTH));
    leaves.add(store.variable("y", WIDTH));
    for (long constant : new long[] {0, 1, 4, 5, 15}) {
      leaves.add(store.constant(WIDTH, constant));
    }
    List<Term> inner = new ArrayList<>(leaves);
    for (Operator operator : Operator.values()) {
      for (Term a : leaves.subList(0, 2)) {
        for (Term b : leaves.subList(1, leaves.size())) {
          inner.add(atWidth(apply(operator, a, b)));
          inner.add(atWidth(apply(operator, b, a)));
        }
      }
    }
    TermAlgebra algebra = new TermAlgebra(store);
    Map<Operator, Integer> rewritten = new EnumMap<>(Operator.class);
    List<Query> differences = new ArrayList<>();
    for (Operator operator : Operator.values()) {
      for (Term a : inner.stream().distinct().toList()) {
        for (Term b : leaves) {
          for (Term asked : List.of(apply(operator, a, b), apply(operator, b, a))) {
            Term built = Terms.substitute(asked, Map.of(), algebra);
            if (!built.equals(asked)) {
              rewritten.merge(operator, 1, Integer::sum);
              differences.add(Query.of(asked + " is " + built, store.not(store.eq(asked, built))));
            }
          }
        }
      }
    }
    List<Answer> answers = new Z3Solver(Z3Limits.DEFAULT).solveEach(differences);
    for (int i = 0; i < answers.size(); i++) {
      if (!answers.get(i).equals(new Answer.Unsat())) {
        throw new AssertionError(differences.get(i).title() + ": " + answers.get(i));
      }
    }
    assertThat(rewritten.keySet())
        .as("operators that some rule rewrites")
        .hasSize(Operator.values().length);
  }

  /** Of another width, brought to the common one, so that it can be an operand again. */
  private Term atWidth(Term term) {
    return term.width() == WIDTH
        ? term
        : term.width() < WIDTH
            ? store.concat(store.constant(WIDTH - term.width(), 1), term)
            : store.extract(term, term.width() - 2, term.width() - 1 - WIDTH);
  }

  private Term apply(Operator operator, Term a, Term b) {
    return switch (operator) {
      case NOT -> store.not(a);
      case NEG -> store.neg(a);
      case AND -> store.and(a, b);
      case OR -> store.or(a, b);
      case XOR -> store.xor(a, b);
      case ADD -> store.add(a, b);
      case SUB -> store.sub(a, b);
      case MUL -> store.mul(a, b);
      case UDIV -> store.udiv(a, b);
      case UREM -> store.urem(a, b);
      case SHL -> store.shl(a, b);
      case LSHR -> store.lshr(a, b);
      case ASHR -> store.ashr(a, b);
      case EQ -> store.eq(a, b);
      case ULT -> store.ult(a, b);
      case SLT -> store.slt(a, b);
      case ITE -> store.ite(store.extract(a, 1, 1), b, store.not(a));
      case EXTRACT -> store.extract(a, 2, 1);
      case CONCAT -> store.concat(a, b);
      case ZERO_EXTEND -> store.zeroExtend(a, 7);
      case SIGN_EXTEND -> store.signExtend(a, 7);
    };
  }
}
