package dev.postern.verifier.map;

import java.util.Objects;

/**
 * The keys {@code first} to {@code last}, both included and unsigned, and the value they share.
 * Bounds are inclusive so that the last key, 2<sup>64</sup>-1, can be named.
 */
public record Range<V>(long first, long last, V value) {

  public Range {
    Objects.requireNonNull(value);
    if (Long.compareUnsigned(first, last) > 0) {
      throw new IllegalArgumentException("empty range %x..%x".formatted(first, last));
    }
  }

  public boolean contains(long key) {
    return Long.compareUnsigned(first, key) <= 0 && Long.compareUnsigned(key, last) <= 0;
  }

  @Override
  public String toString() {
    return "[%x, %x] -> %s".formatted(first, last, value);
  }
}
