package dev.postern.verifier.map;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * Re-checks witnesses without search, sharing nothing with the sweeps but the data types.
 *
 * <p>Why acceptance of a {@link Witness} implies the question. Let {@code s} be the witness's index
 * for left range {@code a}. (1) Both maps are strictly ascending and disjoint, which is checked.
 * (2) Right range {@code s-1}, if any, ends below {@code a}, so by (1) no range before {@code s}
 * meets {@code a}. (3) From {@code s} on, every right range that starts within {@code a} is looked
 * at, and by (1) those after the first that does not start there cannot meet {@code a}. So every
 * pair of ranges that share a key was asked about. (4) If absence violates, those ranges are also
 * checked to leave no gap from the first key of {@code a} to its last.
 *
 * <p>For a {@link PairwiseWitness}: each range is opened at its first key and closed right after
 * its last, at keys that never fall; so when a range opens, every range of another map that holds
 * its first key is open, or opens later at that same key. Two ranges that share a key share the
 * larger of their first keys, so every such pair is asked about when the later of the two opens.
 */
public final class WitnessChecker {

  /** The verdict on a witness. */
  public sealed interface Check {

    record Accepted() implements Check {}

    record Rejected(String reason) implements Check {}
  }

  private WitnessChecker() {}

  public static <V, W> Check check(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Witness witness) {
    if (!witness.question().equals(question.name())) {
      return new Check.Rejected(
          "is a witness of %s, not of %s".formatted(witness.question(), question.name()));
    }
    if (!witness.left().equals(left.digest()) || !witness.right().equals(right.digest())) {
      return new Check.Rejected("names other maps");
    }
    if (!ascending(left) || !ascending(right)) {
      return new Check.Rejected("a map is not sorted and disjoint");
    }
    if (witness.size() != left.size()) {
      return new Check.Rejected(
          "speaks of %d ranges out of %d".formatted(witness.size(), left.size()));
    }
    Cursor<V> ofLeft = new Cursor<>(left);
    Cursor<W> ofRight = new Cursor<>(right);
    for (int i = 0; i < left.size(); i++) {
      int start = witness.start(i);
      if (start < 0 || start > right.size()) {
        return new Check.Rejected("range %d: no right range has index %d".formatted(i, start));
      }
      if (start > 0 && atMost(ofLeft.first(i), ofRight.last(start - 1))) {
        return new Check.Rejected("range %d: an earlier right range meets it".formatted(i));
      }
      if (!holds(question, ofLeft.range(i), ofRight, right.size(), start)) {
        return new Check.Rejected("range %d: violated".formatted(i));
      }
    }
    return new Check.Accepted();
  }

  private static <V, W> boolean holds(
      Question<V, W> question, Range<V> range, Cursor<W> right, int size, int start) {
    boolean covered = false; // up to and including the last key of the range
    long next = range.first(); // the first key not yet covered; wraps only when all are
    for (int j = start; j < size && atMost(right.first(j), range.last()); j++) {
      boolean gap = !atMost(right.first(j), next);
      if (question.violatedBy(range.value(), right.range(j).value())
          || (gap && question.violatedByAbsence())) {
        return false;
      }
      covered = atMost(range.last(), right.last(j));
      next = right.last(j) + 1;
    }
    return covered || !question.violatedByAbsence();
  }

  public static <V> Check check(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      PairwiseWitness witness) {
    if (!witness.question().equals(name)) {
      return new Check.Rejected(
          "is a witness of %s, not of %s".formatted(witness.question(), name));
    }
    if (!witness.maps().equals(maps.stream().map(IntervalMap::digest).toList())) {
      return new Check.Rejected("names other maps");
    }
    if (!maps.stream().allMatch(WitnessChecker::ascending)) {
      return new Check.Rejected("a map is not sorted and disjoint");
    }
    int[] next = new int[maps.size()]; // the range that is open, or is next to open
    List<Cursor<V>> cursors = maps.stream().map(map -> new Cursor<V>(map)).toList();
    BitSet open = new BitSet();
    Map<V, Integer> openValues = new HashMap<>(); // how many open ranges have the value
    long key = 0;
    for (int n = 0; n < witness.size(); n++) {
      int m = witness.step(n);
      if (m >= maps.size() || next[m] >= maps.get(m).size()) {
        return new Check.Rejected("step %d: nothing left to do in map %d".formatted(n, m));
      }
      Range<V> range = cursors.get(m).range(next[m]);
      boolean closes = open.get(m);
      if (closes && range.last() == -1L) {
        return new Check.Rejected("step %d: no key follows the last one".formatted(n));
      }
      long due = closes ? range.last() + 1 : range.first();
      if (!atMost(key, due)) {
        return new Check.Rejected("step %d: key %x after %x".formatted(n, due, key));
      }
      key = due;
      open.flip(m);
      if (closes) {
        next[m]++;
        openValues.computeIfPresent(range.value(), (v, count) -> count == 1 ? null : count - 1);
        continue;
      }
      for (V other : openValues.keySet()) {
        if (conflict.test(range.value(), other) || conflict.test(other, range.value())) {
          return new Check.Rejected("step %d: conflict at key %x".formatted(n, key));
        }
      }
      openValues.merge(range.value(), 1, Integer::sum);
    }
    for (int m = 0; m < next.length; m++) {
      if (next[m] + (open.get(m) ? 1 : 0) != maps.get(m).size()) {
        return new Check.Rejected("map %d: range %d was never opened".formatted(m, next[m]));
      }
    }
    return new Check.Accepted();
  }

  private static boolean atMost(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0;
  }

  private static boolean ascending(IntervalMap<?> map) {
    Cursor<?> ranges = new Cursor<>(map);
    for (int i = 0; i < map.size(); i++) {
      if (!atMost(ranges.first(i), ranges.last(i))
          || (i > 0 && atMost(ranges.first(i), ranges.last(i - 1)))) {
        return false;
      }
    }
    return true;
  }
}
