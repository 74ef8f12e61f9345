package dev.postern.verifier.map;

import dev.postern.checker.MapClaim;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An immutable partial function from unsigned 64-bit keys to values, as sorted disjoint ranges;
 * neighbours that touch and have equal values are one range, so a function has one representation.
 *
 * <p>Equal values form a <em>class</em>; classes are numbered in order of first appearance. Value
 * equality is {@link Object#equals}; the canonical text given to {@link #builder} must tell unequal
 * values apart, and is what {@link #digest} covers.
 *
 * <p>Ranges lie in {@link Chunk}s of about a thousand, so a million cost 20 MB and few objects. A
 * map made of another by {@link #with} or {@link #without} shares all chunks but those at the edit,
 * with their digests and what was found out about them: that is what makes a question about an
 * edited map cheap ({@link Sweep}).
 */
public final class IntervalMap<V> {

  private static final int NEAR = 1024;

  private final List<Chunk<V>> chunks;
  private final int[] start; // index of each chunk's first range, and of the end
  private final int[] nearby; // [index / NEAR] -> the chunk that range NEAR * [..] is in
  private final int[][] classesOf; // [chunk][class in the chunk] -> class
  private final List<V> classValue = new ArrayList<>();
  private final List<String> classText = new ArrayList<>();
  private final Function<? super V, String> canonical;
  private volatile @Nullable MapDigest digest;

  /** Of chunks that a {@link Cutter} made of all ranges, or would have made. */
  IntervalMap(List<Chunk<V>> chunks, Function<? super V, String> canonical) {
    this.chunks = List.copyOf(chunks);
    this.canonical = canonical;
    this.start = new int[chunks.size() + 1];
    this.classesOf = new int[chunks.size()][];
    this.nearby = new int[chunks.stream().mapToInt(Chunk::size).sum() / NEAR + 2];
    int next = 0;
    Map<V, Integer> numbers = new HashMap<>();
    Set<String> texts = new HashSet<>();
    for (int k = 0; k < chunks.size(); k++) {
      Chunk<V> chunk = chunks.get(k);
      start[k + 1] = Math.addExact(start[k], chunk.size());
      while (next * NEAR < start[k + 1]) {
        nearby[next++] = k;
      }
      if (k > 0 && chunk.values().equals(chunks.get(k - 1).values())) {
        classesOf[k] = classesOf[k - 1];
        continue;
      }
      classesOf[k] = new int[chunk.values().size()];
      for (int c = 0; c < classesOf[k].length; c++) {
        V value = chunk.values().get(c);
        Integer known = numbers.putIfAbsent(value, numbers.size());
        classesOf[k][c] = known == null ? numbers.size() - 1 : known;
        if (known == null) {
          String text = chunk.texts().get(c);
          if (!texts.add(text)) {
            throw new IllegalArgumentException(
                "two unequal values have the canonical text \"" + text + "\"");
          }
          classValue.add(value);
          classText.add(text);
        }
      }
    }
    Arrays.fill(nearby, next, nearby.length, chunks.size() - 1);
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
    return start[chunks.size()];
  }

  public boolean isEmpty() {
    return chunks.isEmpty();
  }

  List<Chunk<V>> chunks() {
    return chunks;
  }

  /** The chunk that range {@code i} is in. */
  int chunkOf(int i) {
    Objects.checkIndex(i, size());
    int k = nearby[i / NEAR];
    int end = nearby[i / NEAR + 1];
    if (end - k <= 4) { // as nearly always, where keys are not chosen to begin chunks
      while (start[k + 1] <= i) {
        k++;
      }
      return k;
    }
    int found = Arrays.binarySearch(start, k, end + 1, i); // no chunk is empty
    return found < 0 ? -found - 2 : found;
  }

  /** Index of the first range of chunk {@code k}; of the end, if there is none. */
  int start(int k) {
    return start[k];
  }

  /** The classes of those in chunk {@code k}; not to be written. */
  int[] classesOf(int k) {
    return classesOf[k];
  }

  /** First key of range {@code i}. */
  public long first(int i) {
    int k = chunkOf(i);
    return chunks.get(k).first(i - start[k]);
  }

  /** Last key of range {@code i}, included. */
  public long last(int i) {
    int k = chunkOf(i);
    return chunks.get(k).last(i - start[k]);
  }

  public V value(int i) {
    int k = chunkOf(i);
    return chunks.get(k).value(i - start[k]);
  }

  public Range<V> range(int i) {
    int k = chunkOf(i);
    Chunk<V> chunk = chunks.get(k);
    int n = i - start[k];
    return new Range<>(chunk.first(n), chunk.last(n), chunk.value(n));
  }

  /** Class number of range {@code i}: 0..{@link #classes}-1. */
  public int classOf(int i) {
    int k = chunkOf(i);
    return classesOf[k][chunks.get(k).classOf(i - start[k])];
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
    return i < size() && Long.compareUnsigned(first(i), key) <= 0
        ? Optional.of(range(i))
        : Optional.empty();
  }

  /** Index of the first range whose last key is at or above {@code key}; {@link #size} if none. */
  public int indexAtOrAfter(long key) {
    int k = chunkAtOrAfter(key);
    if (k == chunks.size()) {
      return size();
    }
    Chunk<V> chunk = chunks.get(k);
    return start[k] + firstNotBelow(chunk.size(), chunk::last, key);
  }

  /** The first chunk with a key at or above {@code key}; the number of chunks if none. */
  private int chunkAtOrAfter(long key) {
    return firstNotBelow(chunks.size(), k -> chunks.get(k).high(), key);
  }

  private static int firstNotBelow(int count, IntToLongFunction ascending, long key) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(ascending.applyAsLong(middle), key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** This map, but that the keys {@code from}..{@code to}, both included, have {@code value}. */
  public IntervalMap<V> with(long from, long to, V value) {
    return edited(new Range<>(from, to, Optional.of(value)));
  }

  /** This map without the keys {@code from}..{@code to}, both included. */
  public IntervalMap<V> without(long from, long to) {
    return edited(new Range<>(from, to, Optional.empty()));
  }

  /**
   * Cuts anew from where a cut certainly stays, until one falls where it fell before; from there on
   * the ranges are the same, so all further cuts are.
   *
   * <p>Chunks that end below the edit keep their ranges, but that the very last of them may grow.
   * So the last of these chunks begins where it did, while it may go on further: the range behind
   * it may no longer begin a chunk.
   */
  private IntervalMap<V> edited(Range<Optional<V>> edit) {
    int from = Math.max(0, chunkAtOrAfter(edit.first()) - 1);
    Splice<V> splice = new Splice<>(edit, canonical);
    int k = from;
    while (k < chunks.size() && !splice.endsBefore(chunks.get(k))) {
      splice.add(chunks.get(k++));
    }
    List<Chunk<V>> edited = new ArrayList<>(chunks.size() + 2);
    edited.addAll(chunks.subList(0, from));
    edited.addAll(splice.chunks());
    edited.addAll(chunks.subList(k, chunks.size()));
    return new IntervalMap<>(edited, canonical);
  }

  /** The ranges whose value satisfies {@code keep}. */
  public IntervalMap<V> where(Predicate<? super V> keep) {
    Builder<V> builder = new Builder<>(canonical);
    for (Chunk<V> chunk : chunks) {
      for (int i = 0; i < chunk.size(); i++) {
        if (keep.test(chunk.value(i))) {
          builder.add(chunk.first(i), chunk.last(i), chunk.value(i));
        }
      }
    }
    return builder.build().orThrow();
  }

  /** The same keys with other values; neighbours that become equal merge. */
  public <W> IntervalMap<W> mapValues(
      Function<? super V, ? extends W> change, Function<? super W, String> canonicalText) {
    List<W> changed = classValue.stream().<W>map(change).toList();
    Builder<W> builder = new Builder<>(canonicalText);
    for (int k = 0; k < chunks.size(); k++) {
      Chunk<V> chunk = chunks.get(k);
      for (int i = 0; i < chunk.size(); i++) {
        builder.add(chunk.first(i), chunk.last(i), changed.get(classesOf[k][chunk.classOf(i)]));
      }
    }
    return builder.build().orThrow();
  }

  /** The map as the checker reads it, with each class under the number that a claim gives it. */
  public MapClaim.Ranges claimed(IntUnaryOperator number) {
    List<int[]> numbers = new ArrayList<>(chunks.size());
    for (int k = 0; k < classesOf.length; k++) {
      numbers.add(
          k > 0 && Arrays.equals(classesOf[k], classesOf[k - 1])
              ? numbers.getLast()
              : IntStream.of(classesOf[k]).map(number).toArray());
    }
    return new MapClaim.Ranges(digest().hex(), chunks.stream().map(Chunk::block).toList(), numbers);
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
      return IntervalMap.this.size();
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
      map.ranges().forEach(range -> add(range.first(), range.last(), range.value()));
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
