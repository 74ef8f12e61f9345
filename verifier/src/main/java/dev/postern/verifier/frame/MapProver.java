package dev.postern.verifier.frame;

import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Maps;
import dev.postern.verifier.map.Outcome;
import dev.postern.verifier.map.PairwiseOutcome;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.WitnessChecker;
import java.util.List;
import java.util.function.BiPredicate;

/** Asks questions of maps and lets no answer out whose witness the checker rejects. */
public final class MapProver {

  private MapProver() {}

  public static <V, W> Outcome<V, W> decide(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    Outcome<V, W> outcome = Maps.decide(question, left, right);
    if (outcome instanceof Outcome.Holds<V, W>(var witness)) {
      accept(question.name(), WitnessChecker.check(question, left, right, witness));
    }
    return outcome;
  }

  public static <V> PairwiseOutcome<V> pairwise(
      String name, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    PairwiseOutcome<V> outcome = Maps.pairwise(name, maps, conflict);
    if (outcome instanceof PairwiseOutcome.Holds<V>(var witness)) {
      accept(name, WitnessChecker.check(name, maps, conflict, witness));
    }
    return outcome;
  }

  private static void accept(String name, WitnessChecker.Check check) {
    switch (check) {
      case WitnessChecker.Check.Accepted() -> {}
      case WitnessChecker.Check.Rejected(String reason) ->
          throw new IllegalStateException("witness of " + name + " is rejected: " + reason);
    }
  }
}
