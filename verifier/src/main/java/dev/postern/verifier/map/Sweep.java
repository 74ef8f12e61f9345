package dev.postern.verifier.map;

import java.util.Optional;

/**
 * Decides a {@link Question} in one pass over both maps in key order: linear in their ranges, and
 * it meets the smallest violating key first.
 */
final class Sweep<V, W> {

  private final Question<V, W> question;
  private final IntervalMap<V> left;
  private final IntervalMap<W> right;
  private final PairTable violates;

  Sweep(Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    this.question = question;
    this.left = left;
    this.right = right;
    this.violates =
        new PairTable(
            left.classes(),
            right.classes(),
            (l, r) -> question.violatedBy(left.classValue(l), right.classValue(r)));
  }

  Outcome<V, W> run() {
    int[] starts = new int[left.size()];
    int start = 0;
    for (int i = 0; i < left.size(); i++) {
      while (start < right.size() && Long.compareUnsigned(right.last(start), left.first(i)) < 0) {
        start++;
      }
      starts[i] = start;
      Optional<Violation<V, W>> violation = firstViolation(i, start);
      if (violation.isPresent()) {
        return new Outcome.Violated<>(violation.get());
      }
    }
    return new Outcome.Holds<>(new Witness(question.name(), left.digest(), right.digest(), starts));
  }

  /** Walks the right ranges that meet left range {@code i}, the first of which is {@code start}. */
  private Optional<Violation<V, W>> firstViolation(int i, int start) {
    long key = left.first(i); // every key of range i below this one is fine
    long last = left.last(i);
    for (int j = start; j < right.size() && Long.compareUnsigned(right.first(j), last) <= 0; j++) {
      if (Long.compareUnsigned(key, right.first(j)) < 0) {
        if (question.violatedByAbsence()) {
          return violation(key, i, Optional.empty());
        }
        key = right.first(j);
      }
      if (violates.test(left.classOf(i), right.classOf(j))) {
        return violation(key, i, Optional.of(right.range(j)));
      }
      if (Long.compareUnsigned(right.last(j), last) >= 0) {
        return Optional.empty();
      }
      key = right.last(j) + 1;
    }
    return question.violatedByAbsence() ? violation(key, i, Optional.empty()) : Optional.empty();
  }

  private Optional<Violation<V, W>> violation(long key, int i, Optional<Range<W>> other) {
    return Optional.of(new Violation<>(key, left.range(i), other));
  }
}
