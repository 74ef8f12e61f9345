package dev.postern.verifier.map;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Chunks in a row cut anew, with the keys of an edit changed. */
final class Splice<V> {

  private final Range<Optional<V>> edit;
  private final List<V> values = new ArrayList<>();
  private final Map<V, Integer> numbers = new HashMap<>();
  private final Cutter<V> cutter;
  private boolean placed;

  /** An edit that takes its keys away, or gives them a value. */
  Splice(Range<Optional<V>> edit, Function<? super V, String> canonical) {
    this.edit = edit;
    this.cutter = new Cutter<>(values, canonical);
  }

  /** Adds the ranges of {@code chunk}, which is above all before. */
  void add(Chunk<V> chunk) {
    int[] own = chunk.values().stream().mapToInt(this::number).toArray();
    for (int i = 0; i < chunk.size(); i++) {
      long first = chunk.first(i);
      long last = chunk.last(i);
      int value = own[chunk.classOf(i)];
      if (below(last, edit.first())) {
        cutter.add(first, last, value);
        continue;
      }
      if (below(first, edit.first())) {
        cutter.add(first, edit.first() - 1, value);
      }
      place();
      if (below(edit.last(), last)) {
        cutter.add(below(edit.last(), first) ? first : edit.last() + 1, last, value);
      }
    }
  }

  private int number(V value) {
    Integer known = numbers.putIfAbsent(value, values.size());
    if (known == null) {
      values.add(value);
      return values.size() - 1;
    }
    return known;
  }

  private void place() {
    if (!placed) {
      placed = true;
      edit.value().ifPresent(value -> cutter.add(edit.first(), edit.last(), number(value)));
    }
  }

  /**
   * Whether {@code chunk} and all behind it stay as they are: the edit lies below and does not
   * touch, so nothing becomes one with the chunk's first range; and a cut falls before that.
   */
  boolean endsBefore(Chunk<V> chunk) {
    if (!below(edit.last(), chunk.low()) || edit.last() == chunk.low() - 1) {
      return false;
    }
    place();
    return cutter.cutsBefore(chunk.low());
  }

  /** What has been added, with the edit. */
  List<Chunk<V>> chunks() {
    place();
    return cutter.chunks();
  }

  private static boolean below(long x, long y) {
    return Long.compareUnsigned(x, y) < 0;
  }
}
