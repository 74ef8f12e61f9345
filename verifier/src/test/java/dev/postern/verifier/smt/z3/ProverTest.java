package dev.postern.verifier.smt.z3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.RandomTerms;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.TermStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A prover that takes questions apart and remembers says what Z3 says of the whole. */
class ProverTest {

  private final Z3Solver z3 = new Z3Solver(Z3Limits.DEFAULT);

  /** Questions as a path asks them: each has the last one's conditions, and one more. */
  @Test
  void growingQuestionsAreAnsweredAsZ3AnswersThem() {
    Random random = new Random(11);
    int satisfiable = 0;
    int asked = 0;
    for (int round = 0; round < 60; round++) {
      TermStore store = new TermStore();
      RandomTerms terms = new RandomTerms(random, store, 2, 8, 12);
      terms.next(20);
      List<Term> truths = terms.all().stream().filter(term -> term.width() == 1).toList();
      try (Prover prover = new Prover(() -> z3)) {
        List<Term> path = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          Term truth = truths.get(random.nextInt(truths.size()));
          path.add(random.nextBoolean() ? truth : store.not(truth));
          Query query = new Query("round " + round + "." + i, path);
          Answer expected = z3.solve(query);
          satisfiable += expected instanceof Answer.Sat ? 1 : 0;
          asked++;
          agree(query, expected, prover.attempt(query));
          agree(query, expected, prover.solve(query));
        }
      }
    }
    assertThat(satisfiable).as("both answers occur").isBetween(asked / 10, 9 * asked / 10);
  }

  private static void agree(Query query, Answer expected, Answer answer) {
    assertThat(answer.getClass()).as(query.title()).isEqualTo(expected.getClass());
    if (answer instanceof Answer.Sat(Model model)) {
      assertThat(model.satisfies(query)).isTrue();
      assertThat(model.values().keySet()).containsExactlyInAnyOrderElementsOf(query.variables());
    }
  }

  /** What a round of a loop asks of its own loads, the next asks of its own. */
  @Test
  void theSameQuestionOfOtherVariablesIsAskedOnce() {
    TermAlgebra t = new TermAlgebra();
    List<Term> path = new ArrayList<>();
    try (Prover prover = new Prover(() -> z3)) {
      for (int round = 0; round < 5; round++) {
        Term x = t.variable("load." + 2 * round, 64);
        Term y = t.variable("load." + (2 * round + 1), 64);
        path.add(t.eq(t.mul(x, y), t.constant(64, 12)));
        List<Term> claim = new ArrayList<>(path);
        claim.add(t.eq(t.and(t.mul(t.add(x, x), y), t.constant(64, 15)), t.constant(64, 1)));
        assertThat(prover.solve(new Query("round " + round, claim))).isEqualTo(new Answer.Unsat());
        assertThat(prover.attempt(new Query("way " + round, path))).isInstanceOf(Answer.Sat.class);
      }
      assertThat(prover.statistics().solverCalls()).isLessThanOrEqualTo(2);
    }
  }

  /** A path that is impossible has no way on, wherever on it the contradiction is. */
  @Test
  void aContradictionInAnotherPartIsSeen() {
    TermAlgebra t = new TermAlgebra();
    Term x = t.variable("x", 64);
    Term y = t.variable("y", 64);
    Term z = t.variable("z", 64);
    Term odd = t.eq(t.and(t.mul(x, t.add(x, t.constant(64, 1))), t.constant(64, 1)), one(t));
    Term free = t.ult(t.mul(y, y), z);
    try (Prover prover = new Prover(() -> z3)) {
      assertThat(prover.attempt(Query.of("way", odd, free))).isEqualTo(new Answer.Unsat());
      assertThat(prover.solve(Query.of("claim", odd, free))).isEqualTo(new Answer.Unsat());
    }
  }

  private static Term one(TermAlgebra t) {
    return t.constant(64, 1);
  }
}
