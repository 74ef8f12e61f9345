package dev.postern.verifier.map;

/** The answer to {@link Maps#pairwise}. */
public sealed interface PairwiseOutcome<V> {

  record Holds<V>(PairwiseWitness witness) implements PairwiseOutcome<V> {}

  /** At {@code key}, the smallest there is, maps {@code leftMap} &lt; {@code rightMap} conflict. */
  record Violated<V>(long key, int leftMap, Range<V> left, int rightMap, Range<V> right)
      implements PairwiseOutcome<V> {}
}
