package dev.postern.verifier.map;

import java.util.function.BiFunction;

/** What {@link IntervalMap.Builder#build} answers: a map, or the first two ranges in conflict. */
public sealed interface Built<V> {

  record Disjoint<V>(IntervalMap<V> map) implements Built<V> {}

  /** {@code earlier} starts at or before {@code later}, and both hold {@code later.first()}. */
  record Overlap<V>(Range<V> earlier, Range<V> later) implements Built<V> {}

  /** The map; an overlap becomes the exception that {@code complaint} makes of the two ranges. */
  default IntervalMap<V> orThrow(
      BiFunction<Range<V>, Range<V>, ? extends RuntimeException> complaint) {
    return switch (this) {
      case Disjoint<V>(IntervalMap<V> map) -> map;
      case Overlap<V>(Range<V> earlier, Range<V> later) -> throw complaint.apply(earlier, later);
    };
  }

  /** The map, for callers whose ranges are disjoint by construction. */
  default IntervalMap<V> orThrow() {
    return orThrow((a, b) -> new IllegalStateException("ranges overlap: " + a + " and " + b));
  }
}
