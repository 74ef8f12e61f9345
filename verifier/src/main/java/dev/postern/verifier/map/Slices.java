package dev.postern.verifier.map;

import java.util.Arrays;
import java.util.List;

/**
 * All 2<sup>64</sup> keys, cut into intervals that hold at most a few boundaries of the maps in
 * question. A boundary is a key at which some map may change: the first key of a range, or the one
 * after its last.
 */
final class Slices {

  /**
   * Boundaries to a slice. With three, neighbouring ranges share a slice, so that there is
   * something to decide, and a solver decides it by propagation; with more it starts to search.
   */
  private static final int BOUNDARIES = 3;

  private final long[] starts;

  private Slices(long[] starts) {
    this.starts = starts;
  }

  static Slices of(List<? extends IntervalMap<?>> maps) {
    int ranges = maps.stream().mapToInt(IntervalMap::size).reduce(0, Math::addExact);
    long[] boundaries = new long[Math.multiplyExact(2, ranges)];
    int n = 0;
    for (IntervalMap<?> map : maps) {
      for (Chunk<?> chunk : map.chunks()) {
        for (int i = 0; i < chunk.size(); i++) {
          boundaries[n++] = flip(chunk.first(i));
          boundaries[n++] = flip(chunk.last(i) + 1); // after the last key comes 0, a start already
        }
      }
    }
    Arrays.sort(boundaries);
    long[] starts = new long[n / BOUNDARIES + 1]; // slice 0 starts at key 0
    int count = 1;
    int since = 0;
    for (int i = 0; i < n; i++) {
      boolean repeated = boundaries[i] == (i == 0 ? flip(0) : boundaries[i - 1]);
      if (!repeated && ++since == BOUNDARIES) {
        starts[count++] = flip(boundaries[i]);
        since = 0;
      }
    }
    return new Slices(Arrays.copyOf(starts, count));
  }

  /** Signed order of flipped keys is unsigned order of keys. */
  private static long flip(long key) {
    return key ^ Long.MIN_VALUE;
  }

  int count() {
    return starts.length;
  }

  long first(int slice) {
    return starts[slice];
  }

  long last(int slice) {
    return slice + 1 < starts.length ? starts[slice + 1] - 1 : -1L;
  }
}
