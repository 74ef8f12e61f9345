package dev.postern.verifier.map;

import java.util.AbstractList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable partial function from unsigned 64-bit keys to values, as sorted disjoint ranges;
 * neighbours that touch and have equal values are one range, so a function has one representation.
 *
 * <p>Equal values form a <em>class</em>; classes are numbered in order of first appearance. Bounds
 * and class numbers lie in arrays, so a million ranges cost 20 MB and no objects. Value equality is
 * {@link Object#equals}; the canonical text given to {@link #builder} must tell unequal values
 * apart, and is what {@link #digest} covers.
 */
public final class IntervalMap<V> {

  private final long[] first;
  private final long[] last;
  private final int[] classOf;
  private final List<V> classValue;
  private final List<String> classText;
  private final Function<? super V, String> canonical;
  private volatile @Nullable MapDigest digest;

  /** Arrays and lists are owned by the map from here on; the builder has checked them. */
  IntervalMap(
      long[] first,
      long[] last,
      int[] classOf,
      List<V> classValue,
      List<String> classText,
      Function<? super V, String> canonical) {
    this.first = first;
    this.last = last;
    this.classOf = classOf;
    this.classValue = List.copyOf(classValue);
    this.classText = List.copyOf(classText);
    this.canonical = canonical;
  }

  /**
   * A builder for values whose {@code canonical} text tells unequal values apart; the text enters
   * digests, so it must not depend on the run.
   */
  public static <V> Builder<V> builder(Function<? super V, String> canonical) {
    return new Builder<>(canonical);
  }

  /** A builder for values whose {@code toString} is canonical: enums, strings, records of them. */
  public static <V> Builder<V> builder() {
    return new Builder<>(Object::toString);
  }

  /** How many ranges. */
  public int size() {
    return first.length;
  }

  public boolean isEmpty() {
    return first.length == 0;
  }

  /** First key of range {@code i}. */
  public long first(int i) {
    return first[i];
  }

  /** Last key of range {@code i}, included. */
  public long last(int i) {
    return last[i];
  }

  public V value(int i) {
    return classValue.get(classOf[i]);
  }

  public Range<V> range(int i) {
    return new Range<>(first[i], last[i], value(i));
  }

  /** Class number of range {@code i}: 0..{@link #classes}-1. */
  public int classOf(int i) {
    return classOf[i];
  }

  /** How many different values. */
  public int classes() {
    return classValue.size();
  }

  public V classValue(int c) {
    return classValue.get(c);
  }

  public String classText(int c) {
    return classText.get(c);
  }

  /** All ranges in key order; a view made on demand. */
  public List<Range<V>> ranges() {
    return new RangeList();
  }

  /** The range that holds {@code key}. */
  public Optional<Range<V>> at(long key) {
    int i = indexAtOrAfter(key);
    return i < size() && Long.compareUnsigned(first[i], key) <= 0
        ? Optional.of(range(i))
        : Optional.empty();
  }

  /** Index of the first range whose last key is at or above {@code key}; {@link #size} if none. */
  public int indexAtOrAfter(long key) {
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(last[middle], key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The ranges whose value satisfies {@code keep}. */
  public IntervalMap<V> where(Predicate<? super V> keep) {
    Builder<V> builder = new Builder<>(canonical);
    for (int i = 0; i < size(); i++) {
      if (keep.test(value(i))) {
        builder.add(first[i], last[i], value(i));
      }
    }
    return builder.build().orThrow();
  }

  /** The same keys with other values; neighbours that become equal merge. */
  public <W> IntervalMap<W> mapValues(
      Function<? super V, ? extends W> change, Function<? super W, String> canonicalText) {
    List<W> changed = classValue.stream().<W>map(change).toList();
    Builder<W> builder = new Builder<>(canonicalText);
    for (int i = 0; i < size(); i++) {
      builder.add(first[i], last[i], changed.get(classOf[i]));
    }
    return builder.build().orThrow();
  }

  public MapDigest digest() {
    MapDigest known = digest;
    if (known == null) {
      known = MapDigest.of(this);
      digest = known;
    }
    return known;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IntervalMap<?> that && ranges().equals(that.ranges());
  }

  @Override
  public int hashCode() {
    return Objects.hash(ranges());
  }

  @Override
  public String toString() {
    return size() <= 8 ? ranges().toString() : size() + " ranges, sha256 " + digest();
  }

  private final class RangeList extends AbstractList<Range<V>> implements RandomAccess {
    @Override
    public Range<V> get(int i) {
      return range(Objects.checkIndex(i, size()));
    }

    @Override
    public int size() {
      return first.length;
    }
  }

  /** Collects ranges in any order. Not for several threads. */
  public static final class Builder<V> {

    private final RangeBuffer<V> buffer;

    private Builder(Function<? super V, String> canonical) {
      this.buffer = new RangeBuffer<>(canonical);
    }

    /** Adds the keys {@code first}..{@code last}, both included. */
    public Builder<V> add(long first, long last, V value) {
      buffer.add(first, last, value);
      return this;
    }

    /** Adds {@code count} keys from {@code first}; {@code count} is unsigned and not zero. */
    public Builder<V> addCount(long first, long count, V value) {
      return add(first, first + (count - 1), value);
    }

    public Builder<V> addAll(IntervalMap<? extends V> map) {
      for (int i = 0; i < map.size(); i++) {
        add(map.first(i), map.last(i), map.value(i));
      }
      return this;
    }

    /** The map, or the overlap with the smallest key. */
    public Built<V> build() {
      return buffer.build();
    }

    /**
     * The map in which a key that several ranges hold has their values joined, in the order they
     * were added: {@code join(join(v1, v2), v3)}.
     */
    public IntervalMap<V> buildJoining(BinaryOperator<V> join) {
      return buffer.buildJoining(join);
    }
  }
}
