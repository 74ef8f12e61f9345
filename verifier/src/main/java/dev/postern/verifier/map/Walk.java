package dev.postern.verifier.map;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Goes through the chunks of a left map with what each meets of a right map. */
final class Walk {

  private final IntervalMap<?> left;
  private final IntervalMap<?> right;
  private int leftChunk = -1;
  private int rightChunk;
  private @Nullable Meeting meeting;

  Walk(IntervalMap<?> left, IntervalMap<?> right) {
    this.left = left;
    this.right = right;
  }

  /** Goes on to the next left chunk, if there is one. */
  boolean advance() {
    if (++leftChunk == left.chunks().size()) {
      return false;
    }
    List<? extends Chunk<?>> all = right.chunks();
    Chunk<?> here = left.chunks().get(leftChunk);
    while (rightChunk < all.size()
        && Long.compareUnsigned(all.get(rightChunk).high(), here.low()) < 0) {
      rightChunk++;
    }
    int end = rightChunk;
    while (end < all.size() && Long.compareUnsigned(all.get(end).low(), here.high()) <= 0) {
      end++;
    }
    meeting = Meeting.of(here, all.subList(rightChunk, end));
    return true;
  }

  int leftChunk() {
    return leftChunk;
  }

  /** The first right chunk with a key at or above the lowest of the left chunk. */
  int rightChunk() {
    return rightChunk;
  }

  /** What the left chunk meets; there is none before the first {@link #advance}. */
  Meeting meeting() {
    return Objects.requireNonNull(meeting);
  }

  /** The left map's number of the left class in the meeting's pair {@code n}. */
  int leftClass(int n) {
    return left.classesOf(leftChunk)[meeting().leftClass(n)];
  }

  /** The right map's number of the right class in the meeting's pair {@code n}. */
  int rightClass(int n) {
    return right.classesOf(rightChunk + meeting().rightChunk(n))[meeting().rightClass(n)];
  }
}
