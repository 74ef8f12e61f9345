package dev.postern.verifier.map;

import dev.postern.verifier.map.WitnessChecker.Check;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverDefect;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * A question about maps decided twice: by the sweep, whose witness is re-checked, and by a solver
 * over slices. They must agree; if they do not, one of them is wrong and {@link SolverDefect} ends
 * the run.
 */
public final class Agreement {

  /** The answer of both, about two maps. */
  public sealed interface Verdict<V, W> {

    record Holds<V, W>(Witness witness, int slices) implements Verdict<V, W> {}

    record Violated<V, W>(Violation<V, W> violation) implements Verdict<V, W> {}

    /** The solver gave up, so there is no second opinion. */
    record Unknown<V, W>(String reason) implements Verdict<V, W> {}
  }

  /** The answer of both, about many maps. */
  public sealed interface PairwiseVerdict<V> {

    record Holds<V>(PairwiseWitness witness, int slices) implements PairwiseVerdict<V> {}

    record Violated<V>(PairwiseOutcome.Violated<V> violation) implements PairwiseVerdict<V> {}

    record Unknown<V>(String reason) implements PairwiseVerdict<V> {}
  }

  private Agreement() {}

  public static <V, W> Verdict<V, W> decide(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Solver solver) {
    Outcome<V, W> sweep = Maps.decide(question, left, right);
    SliceAnswer slices = SliceProof.of(question, left, right, solver);
    return switch (sweep) {
      case Outcome.Holds<V, W>(Witness witness) -> {
        accepted(question.name(), WitnessChecker.check(question, left, right, witness));
        yield switch (slices) {
          case SliceAnswer.Unviolated(int count, int asked) -> new Verdict.Holds<>(witness, count);
          case SliceAnswer.Unknown(String reason) -> new Verdict.Unknown<>(reason);
          case SliceAnswer.Violated violated ->
              throw disagreement(question.name(), "holds", violated);
        };
      }
      case Outcome.Violated<V, W>(Violation<V, W> violation) -> {
        if (!(slices instanceof SliceAnswer.Unknown) && !foundIn(slices, violation.key())) {
          throw disagreement(question.name(), violation, slices);
        }
        yield new Verdict.Violated<>(violation);
      }
    };
  }

  /** By the sweep alone, for who checks the witness in another way and has no solver. */
  public static <V, W> Verdict<V, W> bySweep(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    return switch (Maps.decide(question, left, right)) {
      case Outcome.Holds<V, W>(Witness witness) -> new Verdict.Holds<>(witness, 0);
      case Outcome.Violated<V, W>(Violation<V, W> violation) -> new Verdict.Violated<>(violation);
    };
  }

  /** {@link Maps#pairwise} by the sweep alone. */
  public static <V> PairwiseVerdict<V> pairwiseBySweep(
      String name, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    return switch (Maps.pairwise(name, maps, conflict)) {
      case PairwiseOutcome.Holds<V>(PairwiseWitness witness) ->
          new PairwiseVerdict.Holds<>(witness, 0);
      case PairwiseOutcome.Violated<V> violation -> new PairwiseVerdict.Violated<>(violation);
    };
  }

  /** {@link Maps#pairwise} decided twice. */
  public static <V> PairwiseVerdict<V> pairwise(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      Solver solver) {
    PairwiseOutcome<V> sweep = Maps.pairwise(name, maps, conflict);
    SliceAnswer slices = SliceProof.ofPairwise(name, maps, conflict, solver);
    return switch (sweep) {
      case PairwiseOutcome.Holds<V>(PairwiseWitness witness) -> {
        accepted(name, WitnessChecker.check(name, maps, conflict, witness));
        yield switch (slices) {
          case SliceAnswer.Unviolated(int count, int asked) ->
              new PairwiseVerdict.Holds<>(witness, count);
          case SliceAnswer.Unknown(String reason) -> new PairwiseVerdict.Unknown<>(reason);
          case SliceAnswer.Violated violated -> throw disagreement(name, "holds", violated);
        };
      }
      case PairwiseOutcome.Violated<V> violation -> {
        if (!(slices instanceof SliceAnswer.Unknown) && !foundIn(slices, violation.key())) {
          throw disagreement(name, violation, slices);
        }
        yield new PairwiseVerdict.Violated<>(violation);
      }
    };
  }

  /** The sweep has the smallest key, so it must lie in the lowest slice that has any. */
  private static boolean foundIn(SliceAnswer slices, long key) {
    return slices instanceof SliceAnswer.Violated violated
        && Long.compareUnsigned(violated.first(), key) <= 0
        && Long.compareUnsigned(key, violated.key()) <= 0
        && Long.compareUnsigned(violated.key(), violated.last()) <= 0;
  }

  private static void accepted(String name, Check check) {
    switch (check) {
      case Check.Accepted() -> {}
      case Check.Rejected(String reason) ->
          throw new SolverDefect("the witness of %s is rejected: %s".formatted(name, reason));
    }
  }

  private static SolverDefect disagreement(String name, Object sweep, SliceAnswer slices) {
    return new SolverDefect(
        "sweep and solver disagree on %s: %s against %s".formatted(name, sweep, slices));
  }
}
