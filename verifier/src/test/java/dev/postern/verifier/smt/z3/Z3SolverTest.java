package dev.postern.verifier.smt.z3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.microsoft.z3.Context;
import com.microsoft.z3.Status;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.RandomTerms;
import dev.postern.verifier.smt.SmtLib;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverDefect;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Bits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Z3SolverTest {

  private final Z3Solver z3 = new Z3Solver(Z3Limits.DEFAULT);

  /** Raw and simplified terms of random shape are equal: Z3 finds no assignment that differs. */
  @Test
  void rewritingIsProvedBySolver() {
    Random random = new Random(20);
    for (int round = 0; round < 60; round++) {
      TermStore store = new TermStore();
      RandomTerms terms = new RandomTerms(random, store, 1, 2, 3, 4, 5);
      terms.next(30);
      TermAlgebra algebra = new TermAlgebra(store);
      List<Query> differences = new ArrayList<>();
      for (Term term : terms.all()) {
        Term simplified = Terms.substitute(term, Map.of(), algebra);
        differences.add(
            Query.of(term + " is " + simplified, store.not(store.eq(term, simplified))));
      }
      List<Answer> answers = z3.solveEach(differences);
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i)).as(differences.get(i).title()).isEqualTo(new Answer.Unsat());
      }
    }
  }

  /** Four ways to decide a query agree: enumeration, Z3, Z3 reading our SMT-LIB, and the prover. */
  @Test
  void allEnginesAgreeOnSmallQueries() {
    Random random = new Random(7);
    int satisfiable = 0;
    int decidedEarly = 0;
    for (int round = 0; round < 300; round++) {
      TermStore store = new TermStore();
      RandomTerms terms = new RandomTerms(random, store, 1, 2, 3);
      terms.next(14);
      List<Term> truths = terms.all().stream().filter(term -> term.width() == 1).toList();
      List<Term> asserted = new ArrayList<>();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        Term truth = truths.get(random.nextInt(truths.size()));
        asserted.add(random.nextBoolean() ? truth : store.not(truth));
      }
      Query query = new Query("round " + round, asserted);
      boolean expected = satisfiableByEnumeration(query);
      satisfiable += expected ? 1 : 0;
      assertThat(z3.solve(query) instanceof Answer.Sat).isEqualTo(expected);
      assertThat(readByZ3(SmtLib.script(query)))
          .isEqualTo(expected ? Status.SATISFIABLE : Status.UNSATISFIABLE);
      try (Prover prover = new Prover(() -> new Z3Solver(Z3Limits.DEFAULT))) {
        switch (prover.solve(query)) {
          case Answer.Sat(Model model) -> {
            assertThat(expected).isTrue();
            assertThat(model.satisfies(query)).isTrue();
            assertThat(model.values().keySet()).containsExactlyElementsOf(query.variables());
          }
          case Answer.Unsat() -> assertThat(expected).isFalse();
          case Answer.Unknown(String reason) -> throw new AssertionError(reason);
        }
        decidedEarly += (int) prover.statistics().decidedEarly();
      }
    }
    assertThat(satisfiable).as("both answers occur").isBetween(50, 250);
    assertThat(decidedEarly).as("some need the solver, most do not").isBetween(100, 299);
  }

  private static boolean satisfiableByEnumeration(Query query) {
    List<Term.Variable> variables = List.copyOf(query.variables());
    int bits = variables.stream().mapToInt(Term::width).sum();
    for (long code = 0; code < 1L << bits; code++) {
      Map<Term.Variable, Bits> values = new HashMap<>();
      long rest = code;
      for (Term.Variable variable : variables) {
        values.put(variable, Bits.of(variable.width(), rest));
        rest >>>= variable.width();
      }
      if (new Model(values).satisfies(query)) {
        return true;
      }
    }
    return false;
  }

  private static Status readByZ3(String script) {
    Z3Library.load();
    try (Context context = new Context()) {
      com.microsoft.z3.Solver solver = context.mkSolver();
      solver.add(context.parseSMTLIB2String(script, null, null, null, null));
      return solver.check();
    }
  }

  @Test
  void wideValuesComeBackWhole() {
    TermStore store = new TermStore();
    Term.Variable x = store.variable("x", 128);
    Bits value = Bits.of(128, 0x1122334455667788L, 0x99aabbccddeeff00L);
    Query query =
        Query.of(
            "wide",
            store.eq(
                store.mul(x, store.constant(Bits.of(128, 3))),
                store.mul(store.constant(value), store.constant(Bits.of(128, 3)))));
    assertThat(z3.solve(query))
        .isInstanceOfSatisfying(
            Answer.Sat.class, sat -> assertThat(sat.model().value(x)).isEqualTo(value));
  }

  @Test
  void answersAreTheSameEveryTime() {
    TermStore store = new TermStore();
    Term x = store.variable("x", 64);
    Term y = store.variable("y", 64);
    Query hard =
        Query.of(
            "factors",
            store.eq(store.mul(x, y), store.constant(64, 0x1234567)),
            store.ult(store.constant(64, 1), x),
            store.ult(x, store.constant(64, 0x1000)),
            store.ult(y, store.constant(64, 0x1000000)));
    String first = z3.solve(hard).toString();
    long work = z3.statistics().resources();
    assertThat(work).isPositive();
    z3.solve(Query.of("other", store.ult(y, x)));
    long before = z3.statistics().resources();
    assertThat(z3.solve(hard).toString()).isEqualTo(first);
    assertThat(z3.statistics().resources() - before).isEqualTo(work);
  }

  @Test
  void givingUpIsUnknown() {
    TermStore store = new TermStore();
    Term x = store.variable("x", 64);
    Term y = store.variable("y", 64);
    Query factoring =
        Query.of(
            "product of two primes",
            store.eq(
                store.mul(store.zeroExtend(x, 128), store.zeroExtend(y, 128)),
                store.constant(Bits.of(128, 0x72d5_4a1b_0e59_7d2bL, 0x3a1f_0000_0001L))),
            store.ult(store.constant(64, 1), x),
            store.ult(store.constant(64, 1), y));
    Solver limited = new Z3Solver(new Z3Limits(20_000, Duration.ofMinutes(1)));
    assertThat(limited.solve(factoring))
        .isInstanceOfSatisfying(
            Answer.Unknown.class,
            unknown -> assertThat(unknown.reason()).startsWith("Z3 gave up: "));
  }

  @Test
  void interruptedThreadsGetNoAnswer() {
    TermStore store = new TermStore();
    Thread.currentThread().interrupt();
    try {
      assertThat(z3.solve(Query.of("q", store.variable("p", 1))))
          .isEqualTo(new Answer.Unknown("interrupted"));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void proverLoadsNoSolverForWhatFactsDecide() {
    TermAlgebra t = new TermAlgebra();
    Term rcx = t.variable("rcx", 64);
    Term rsi = t.variable("rsi", 64);
    Term bound = t.constant(64, 64);
    Term slot = t.add(t.mul(rcx, t.constant(64, 16)), t.constant(64, 0x7000));
    try (Prover prover =
        new Prover(() -> {
          throw new AssertionError("no query here needs a solver");
        })) {
      assertThat(
              prover.solve(
                  Query.of(
                      "in window", t.ult(rcx, bound), t.not(t.ult(slot, t.constant(64, 0x8000))))))
          .isEqualTo(new Answer.Unsat());
      assertThat(
              prover.solve(
                  Query.of("fixed", t.eq(rcx, t.constant(64, 5)), t.ult(t.add(rcx, rcx), bound))))
          .isInstanceOf(Answer.Sat.class);
      assertThat(
              prover.solve(
                  Query.of("contradiction", t.ult(rcx, rsi), t.eq(rsi, t.constant(64, 0)))))
          .isEqualTo(new Answer.Unsat());
      assertThat(prover.statistics()).isEqualTo(new SolverStatistics(3, 3, 0, Duration.ZERO, 0));
    }
  }

  /** A solver that answers with a model of something else is found out. */
  @Test
  void aFalseModelIsADefect() {
    TermAlgebra t = new TermAlgebra();
    Term x = t.variable("x", 64);
    Term y = t.variable("y", 64);
    Solver liar =
        new Solver() {
          @Override
          public Answer solve(Query query) {
            return new Answer.Sat(new Model(Map.of()));
          }

          @Override
          public List<Answer> solveEach(List<Query> batch) {
            return batch.stream().map(this::solve).toList();
          }

          @Override
          public SolverStatistics statistics() {
            return SolverStatistics.NONE;
          }

          @Override
          public void close() {}
        };
    Query query = Query.of("q", t.eq(t.mul(x, y), t.constant(64, 77)));
    try (Prover prover = new Prover(() -> liar)) {
      assertThatThrownBy(() -> prover.solve(query))
          .isInstanceOf(SolverDefect.class)
          .hasMessageStartingWith("a model does not satisfy its query")
          .hasMessageContaining("(check-sat)");
    }
  }

  @Test
  void versionIsThePinnedOne() {
    assertThat(Z3Solver.version()).startsWith("4.14.1");
  }
}
