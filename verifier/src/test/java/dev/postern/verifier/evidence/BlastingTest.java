package dev.postern.verifier.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.checker.Formula;
import dev.postern.model.Bytes;
import dev.postern.verifier.smt.Interpretation;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.RandomTerms;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Bits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The checker's circuits against the interpreter of terms: "term = result" for an unknown result
 * holds of a value exactly if the interpreter gives that value.
 */
class BlastingTest {

  private static final int LANES = 64;

  /** Evaluations made: one of every term, 64 assignments a time. */
  private static long evaluate(long seed, int rounds, int steps) {
    Random random = new Random(seed);
    long evaluations = 0;
    for (int round = 0; round < rounds; round++) {
      TermStore store = new TermStore();
      RandomTerms terms = new RandomTerms(random, store, RandomTerms.WIDTHS);
      terms.next(steps);
      List<Term> made = terms.all();
      List<Term> claims = new ArrayList<>();
      List<Term.Variable> results = new ArrayList<>();
      for (Term term : made) {
        Term.Variable result = store.variable("result" + claims.size(), term.width());
        results.add(result);
        claims.add(store.eq(term, result));
      }
      Bytes script = Transcript.script(new Query("", claims));
      Formula formula = Formula.of(script.toArray()).orElseThrow();
      Map<String, long[]> lanes = new HashMap<>();
      formula.variables().forEach(name -> lanes.put(name, new long[formula.width(name)]));
      long expected = 0;
      for (int lane = 0; lane < LANES; lane++) {
        long mask = 1L << lane;
        Map<Term.Variable, Bits> values = terms.assignment();
        Interpretation<Bits> evaluation = Terms.evaluation(values);
        values.forEach((variable, value) -> put(lanes, variable, value, mask));
        boolean wrong = random.nextInt(4) == 0;
        int at = random.nextInt(made.size());
        for (int i = 0; i < made.size(); i++) {
          Bits value = evaluation.of(made.get(i));
          if (wrong && i == at) {
            value = flip(value, random.nextInt(value.width()));
          }
          put(lanes, results.get(i), value, mask);
        }
        expected |= wrong ? 0 : mask;
        evaluations += made.size();
      }
      assertThat(formula.satisfied(lanes))
          .as("seed %d, round %d: %s", seed, round, script)
          .isEqualTo(expected);
    }
    return evaluations;
  }

  private static Bits flip(Bits value, int bit) {
    return Bits.of(value.width(), value.unsigned().flipBit(bit));
  }

  private static void put(
      Map<String, long[]> lanes, Term.Variable variable, Bits value, long mask) {
    long[] word = lanes.get(variable.name());
    for (int i = 0; word != null && i < word.length; i++) {
      long half = i < 64 ? value.low() : value.high();
      if ((half >>> (i & 63) & 1) != 0) {
        word[i] |= mask;
      }
    }
  }

  @Test
  void circuitsAreTheTermsTheyCameFrom() {
    assertThat(evaluate(1, 60, 30)).isGreaterThan(100_000);
  }

  @Test
  @Tag("slow")
  void tenMillionEvaluationsAgree() {
    assertThat(evaluate(2, 4_500, 30)).isGreaterThan(10_000_000);
  }
}
