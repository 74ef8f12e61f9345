package dev.postern.verifier.map;

import dev.postern.checker.MapClaim;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a map's ranges by index, for who goes through them in order: remembers the chunk it read
 * last. Not for several threads.
 */
final class Cursor<V> {

  private final IntervalMap<V> map;
  private int start;
  private int end; // of the chunk's indices, not included
  private @Nullable Chunk<V> chunk; // none while end is 0
  private MapClaim.@Nullable Block block;
  private int[] classes = new int[0];

  Cursor(IntervalMap<V> map) {
    this.map = map;
  }

  long first(int i) {
    return block(i).first(i - start);
  }

  long last(int i) {
    return block(i).last(i - start);
  }

  /** Number of the value in the map. */
  int classOf(int i) {
    int own = block(i).classOf(i - start);
    return classes[own];
  }

  Range<V> range(int i) {
    MapClaim.Block here = block(i);
    int n = i - start;
    return new Range<>(here.first(n), here.last(n), Objects.requireNonNull(chunk).value(n));
  }

  private MapClaim.Block block(int i) {
    if (i < start || i >= end) {
      seek(i);
    }
    return Objects.requireNonNull(block);
  }

  private void seek(int i) {
    int k = map.chunkOf(i);
    Chunk<V> found = map.chunks().get(k);
    chunk = found;
    block = found.block();
    classes = map.classesOf(k);
    start = map.start(k);
    end = start + found.size();
  }
}
