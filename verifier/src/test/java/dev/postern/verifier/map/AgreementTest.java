package dev.postern.verifier.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.verifier.map.Agreement.PairwiseVerdict;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverDefect;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

class AgreementTest {

  private static final BiPredicate<String, String> WRITE_AND_EXECUTE =
      (a, b) -> a.contains("w") && b.contains("x");

  private final Z3Solver z3 = new Z3Solver(Z3Limits.DEFAULT);

  /** Sweep and Z3 over random maps; a disagreement throws, so reaching the end is the check. */
  @Test
  void sweepAndSolverAgreeOnRandomMaps() {
    Random random = new Random(3);
    int holds = 0;
    int violated = 0;
    for (int round = 0; round < 150; round++) {
      long base =
          switch (round % 3) {
            case 0 -> 0;
            case 1 -> -60;
            default -> Long.MAX_VALUE - 30;
          };
      int[] odds = {random.nextInt(5), random.nextInt(5)};
      IntervalMap<String> left = randomMap(random, base, odds[0]);
      IntervalMap<String> right = randomMap(random, base, odds[1]);
      for (Question<String, String> question :
          List.<Question<String, String>>of(
              new Question.Exclusion<>("w-xor-x", WRITE_AND_EXECUTE),
              new Question.Inclusion<>("covered", (a, b) -> b.contains("r")))) {
        switch (Agreement.decide(question, left, right, z3)) {
          case Verdict.Holds<String, String>(Witness witness, int slices) -> {
            holds++;
            assertThat(witness.size()).isEqualTo(left.size());
            assertThat(slices).isPositive();
          }
          case Verdict.Violated<String, String>(Violation<String, String> violation) -> {
            violated++;
            assertThat(left.at(violation.key())).contains(violation.left());
          }
          case Verdict.Unknown<String, String>(String reason) -> throw new AssertionError(reason);
        }
      }
    }
    assertThat(holds).isGreaterThan(40);
    assertThat(violated).isGreaterThan(40);
  }

  @Test
  void sweepAndSolverAgreeOnManyMaps() {
    Random random = new Random(4);
    int holds = 0;
    for (int round = 0; round < 80; round++) {
      List<IntervalMap<String>> maps = new ArrayList<>();
      for (int m = 1 + random.nextInt(4); m > 0; m--) {
        maps.add(randomMap(random, 1000, random.nextInt(3)));
      }
      if (round % 4 == 0) {
        maps.add(maps.getFirst()); // an equal map: conflicts with itself are found
      }
      switch (Agreement.pairwise("w-xor-x", maps, WRITE_AND_EXECUTE, z3)) {
        case PairwiseVerdict.Holds<String> held -> {
          holds++;
          assertThat(held.witness().maps()).hasSize(maps.size());
        }
        case PairwiseVerdict.Violated<String>(PairwiseOutcome.Violated<String> violation) ->
            assertThat(violation.left().contains(violation.key())).isTrue();
        case PairwiseVerdict.Unknown<String>(String reason) -> throw new AssertionError(reason);
      }
    }
    assertThat(holds).isBetween(10, 70);
  }

  private static IntervalMap<String> randomMap(Random random, long base, int rights) {
    List<String> values = List.of("r", "rw", "rx", "rwx", "-");
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    for (int k = random.nextInt(4); k < 60; ) {
      int length = Math.min(60 - k, 1 + random.nextInt(8));
      builder.addCount(base + k, length, values.get(random.nextInt(rights + 1)));
      k += length + (random.nextInt(4) == 0 ? random.nextInt(4) : 0);
    }
    return builder.build().orThrow();
  }

  /** The solver's work grows with the ranges, not with their pairs; it is no clock that says so. */
  @Test
  void solverWorkIsLinearInTheRanges() {
    long small = resourcesFor(1_000);
    long large = resourcesFor(10_000);
    assertThat(small).isPositive();
    assertThat(large).isLessThan(12 * small);
  }

  private long resourcesFor(int ranges) {
    IntervalMap.Builder<String> windows = IntervalMap.builder();
    IntervalMap.Builder<String> code = IntervalMap.builder();
    for (int i = 0; i < ranges; i++) {
      windows.addCount(10L * i, 4, "rw");
      code.addCount(10L * i + 5, 3, "rx");
    }
    IntervalMap<String> left = windows.build().orThrow();
    IntervalMap<String> right = code.build().orThrow();
    Question<String, String> question = new Question.Exclusion<>("disjoint", (a, b) -> true);
    long before = z3.statistics().resources();
    // four boundaries to a pair of ranges, three to a slice; the slices that lie wholly within one
    // range and a gap beside it hold no pair to ask about
    int boundaries = 4 * ranges - 1; // key 0 is where slices start anyway
    switch (SliceProof.of(question, left, right, z3)) {
      case SliceAnswer.Unviolated(int slices, int asked) -> {
        assertThat(slices).isEqualTo(boundaries / 3 + 1);
        assertThat(asked).isBetween(slices / 2, slices);
      }
      case SliceAnswer.Violated violated -> throw new AssertionError(violated);
      case SliceAnswer.Unknown(String reason) -> throw new AssertionError(reason);
    }
    return z3.statistics().resources() - before;
  }

  @Test
  void disagreementEndsTheRun() {
    IntervalMap<String> left = IntervalMap.<String>builder().add(0, 9, "rw").build().orThrow();
    IntervalMap<String> meets = IntervalMap.<String>builder().add(8, 20, "rx").build().orThrow();
    IntervalMap<String> apart = IntervalMap.<String>builder().add(10, 11, "rx").build().orThrow();
    Question<String, String> question = new Question.Exclusion<>("q", (a, b) -> true);
    Solver yes = always(new Answer.Sat(new Model(Map.of())));
    Solver no = always(new Answer.Unsat());
    assertThatThrownBy(() -> Agreement.decide(question, left, meets, no))
        .isInstanceOf(SolverDefect.class)
        .hasMessageStartingWith("sweep and solver disagree on q: key 8: ");
    assertThatThrownBy(() -> Agreement.decide(question, left, apart, yes))
        .isInstanceOf(SolverDefect.class)
        .hasMessageStartingWith("sweep and solver disagree on q: holds against Violated");
    assertThat(Agreement.decide(question, left, apart, always(new Answer.Unknown("tired"))))
        .isEqualTo(new Verdict.Unknown<>("tired"));
    assertThatThrownBy(() -> Agreement.pairwise("q", List.of(left, meets), (a, b) -> true, no))
        .isInstanceOf(SolverDefect.class);
  }

  private static Solver always(Answer answer) {
    return new Solver() {
      @Override
      public Answer solve(Query query) {
        return answer;
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
  }
}
