package dev.postern.verifier.map;

import java.util.Optional;

/**
 * A key that violates a {@link Question}: the smallest, and the ranges that hold it.
 *
 * @param key unsigned
 * @param left the left map's range; always holds {@code key}
 * @param right the right map's range; empty when the right map lacks {@code key}
 */
public record Violation<V, W>(long key, Range<V> left, Optional<Range<W>> right) {

  public Violation {
    if (!left.contains(key) || right.filter(r -> !r.contains(key)).isPresent()) {
      throw new IllegalArgumentException("key %x outside %s or %s".formatted(key, left, right));
    }
  }

  @Override
  public String toString() {
    return "key %x: %s against %s"
        .formatted(key, left, right.<Object>map(r -> r).orElse("nothing"));
  }
}
