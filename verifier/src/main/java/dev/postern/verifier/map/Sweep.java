package dev.postern.verifier.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides a {@link Question}, left chunk by left chunk in the order of keys: it holds of a chunk if
 * no pair of values that the chunk's {@link Meeting} found violates it, nor absence. Linear in the
 * ranges of chunks that have not met before; of the others, in the number of chunks and of the
 * pairs of values in them. Only the first chunk that violates is gone through for the smallest key.
 */
final class Sweep<V, W> {

  private final Question<V, W> question;
  private final IntervalMap<V> left;
  private final IntervalMap<W> right;
  private final Cursor<V> ofLeft;
  private final Cursor<W> ofRight;
  private final PairTable violates;

  Sweep(Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    this.question = question;
    this.left = left;
    this.right = right;
    this.ofLeft = new Cursor<>(left);
    this.ofRight = new Cursor<>(right);
    this.violates =
        new PairTable(
            left.classes(),
            right.classes(),
            (l, r) -> question.violatedBy(left.classValue(l), right.classValue(r)));
  }

  Outcome<V, W> run() {
    List<Witness.Piece> pieces = new ArrayList<>(left.chunks().size());
    Walk walk = new Walk(left, right);
    while (walk.advance()) {
      if (violates(walk)) {
        return new Outcome.Violated<>(firstViolation(walk));
      }
      pieces.add(new Witness.Piece(walk.meeting(), right.start(walk.rightChunk())));
    }
    return new Outcome.Holds<>(new Witness(question.name(), left.digest(), right.digest(), pieces));
  }

  private boolean violates(Walk walk) {
    Meeting meeting = walk.meeting();
    if (!meeting.covered() && question.violatedByAbsence()) {
      return true;
    }
    for (int n = 0; n < meeting.pairs(); n++) {
      if (violates.test(walk.leftClass(n), walk.rightClass(n))) {
        return true;
      }
    }
    return false;
  }

  private Violation<V, W> firstViolation(Walk walk) {
    int start = right.start(walk.rightChunk());
    for (int i = left.start(walk.leftChunk()); i < left.start(walk.leftChunk() + 1); i++) {
      while (start < right.size()
          && Long.compareUnsigned(ofRight.last(start), ofLeft.first(i)) < 0) {
        start++;
      }
      Optional<Violation<V, W>> violation = firstViolation(i, start);
      if (violation.isPresent()) {
        return violation.get();
      }
    }
    throw new IllegalStateException("a chunk violates " + question.name() + ", and no key of it");
  }

  /** Walks the right ranges that meet left range {@code i}, the first of which is {@code start}. */
  private Optional<Violation<V, W>> firstViolation(int i, int start) {
    long key = ofLeft.first(i); // every key of range i below this one is fine
    long last = ofLeft.last(i);
    for (int j = start;
        j < right.size() && Long.compareUnsigned(ofRight.first(j), last) <= 0;
        j++) {
      if (Long.compareUnsigned(key, ofRight.first(j)) < 0) {
        if (question.violatedByAbsence()) {
          return violation(key, i, Optional.empty());
        }
        key = ofRight.first(j);
      }
      if (violates.test(ofLeft.classOf(i), ofRight.classOf(j))) {
        return violation(key, i, Optional.of(ofRight.range(j)));
      }
      if (Long.compareUnsigned(ofRight.last(j), last) >= 0) {
        return Optional.empty();
      }
      key = ofRight.last(j) + 1;
    }
    return question.violatedByAbsence() ? violation(key, i, Optional.empty()) : Optional.empty();
  }

  private Optional<Violation<V, W>> violation(long key, int i, Optional<Range<W>> other) {
    return Optional.of(new Violation<>(key, ofLeft.range(i), other));
  }
}
