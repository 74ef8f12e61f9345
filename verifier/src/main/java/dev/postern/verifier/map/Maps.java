package dev.postern.verifier.map;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;

/** The questions that rules ask of maps, answered by sweeps. Each is total and deterministic. */
public final class Maps {

  private Maps() {}

  /**
   * Is every key of {@code inner} in {@code outer}, with values that {@code allowed} accepts?
   *
   * @param name the obligation, as the witness shall name it
   */
  public static <V, W> Outcome<V, W> inclusion(
      String name,
      IntervalMap<V> inner,
      IntervalMap<W> outer,
      BiPredicate<? super V, ? super W> allowed) {
    return decide(new Question.Inclusion<>(name, allowed), inner, outer);
  }

  /** Is no key in both maps with values that {@code conflict}? W^X over frames is of this kind. */
  public static <V, W> Outcome<V, W> exclusion(
      String name,
      IntervalMap<V> left,
      IntervalMap<W> right,
      BiPredicate<? super V, ? super W> conflict) {
    return decide(new Question.Exclusion<>(name, conflict), left, right);
  }

  /** Is no key in both maps? */
  public static <V, W> Outcome<V, W> disjoint(
      String name, IntervalMap<V> left, IntervalMap<W> right) {
    return exclusion(name, left, right, (v, w) -> true);
  }

  public static <V, W> Outcome<V, W> decide(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    return new Sweep<>(question, left, right).run();
  }

  /**
   * The pairs of classes that share a key, left ones in the upper half of each number, ascending.
   * What {@link #decide} found out about the two maps, whatever the question, is not done again.
   */
  public static long[] meeting(IntervalMap<?> left, IntervalMap<?> right) {
    Set<Long> pairs = new HashSet<>();
    Walk walk = new Walk(left, right);
    while (walk.advance()) {
      for (int n = 0; n < walk.meeting().pairs(); n++) {
        pairs.add((long) walk.leftClass(n) << 32 | walk.rightClass(n));
      }
    }
    return pairs.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  /**
   * Do no two of these maps hold a key with values that {@code conflict}, in either order? A map is
   * not compared with itself. One pass over all maps: N ranges of M maps take time N log M, and a
   * pair of values is asked about once.
   */
  public static <V> PairwiseOutcome<V> pairwise(
      String name, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    return new PairwiseSweep<>(name, maps, conflict).run();
  }
}
