package dev.postern.verifier.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Growing arrays of ranges, and the sort and merge that make an {@link IntervalMap} of them. */
final class RangeBuffer<V> {

  private static final int INITIAL = 16;

  private final Function<? super V, String> canonical;
  private final Map<V, Integer> classIds = new HashMap<>();
  private final List<V> classValues = new ArrayList<>();
  private long[] first = new long[INITIAL];
  private long[] last = new long[INITIAL];
  private int[] classOf = new int[INITIAL];
  private int size;
  private boolean sorted = true;

  RangeBuffer(Function<? super V, String> canonical) {
    this.canonical = canonical;
  }

  void add(long from, long to, V value) {
    if (Long.compareUnsigned(from, to) > 0) {
      throw new IllegalArgumentException("empty range %x..%x".formatted(from, to));
    }
    append(from, to, classIdOf(value));
  }

  private int classIdOf(V value) {
    if (size > 0 && classValues.get(classOf[size - 1]).equals(value)) {
      return classOf[size - 1];
    }
    Integer known = classIds.get(value);
    if (known != null) {
      return known;
    }
    int fresh = classValues.size();
    classIds.put(value, fresh);
    classValues.add(value);
    return fresh;
  }

  private void append(long from, long to, int classId) {
    if (size == first.length) {
      int capacity = Math.multiplyExact(size, 2);
      first = Arrays.copyOf(first, capacity);
      last = Arrays.copyOf(last, capacity);
      classOf = Arrays.copyOf(classOf, capacity);
    }
    sorted &= size == 0 || Long.compareUnsigned(first[size - 1], from) <= 0;
    first[size] = from;
    last[size] = to;
    classOf[size] = classId;
    size++;
  }

  Built<V> build() {
    int[] order = sortedOrder();
    for (int n = 1; n < size; n++) {
      // Until the first overlap, ends rise with starts, so the neighbour has the largest end.
      if (Long.compareUnsigned(last[order[n - 1]], first[order[n]]) >= 0) {
        return new Built.Overlap<>(range(order[n - 1]), range(order[n]));
      }
    }
    Cutter<V> merged = new Cutter<>(classValues, canonical);
    for (int n = 0; n < size; n++) {
      int i = order[n];
      merged.add(first[i], last[i], classOf[i]);
    }
    return new Built.Disjoint<>(new IntervalMap<>(merged.chunks(), canonical));
  }

  IntervalMap<V> buildJoining(BinaryOperator<V> join) {
    int[] order = sortedOrder();
    Cutter<V> merged = new Cutter<>(classValues, canonical);
    Set<Integer> active = new TreeSet<>(); // by order of addition, which is the order of joining
    PriorityQueue<Integer> ending =
        new PriorityQueue<>((a, b) -> Long.compareUnsigned(last[a], last[b]));
    int next = 0;
    long from = 0;
    while (next < size || !active.isEmpty()) {
      if (active.isEmpty()) {
        from = first[order[next]];
      }
      while (next < size && first[order[next]] == from) {
        active.add(order[next]);
        ending.add(order[next]);
        next++;
      }
      Integer soonest = ending.element();
      long to = last[soonest];
      if (next < size && Long.compareUnsigned(first[order[next]], to) <= 0) {
        to = first[order[next]] - 1;
      }
      merged.add(from, to, joined(active, join));
      while (!ending.isEmpty() && last[ending.element()] == to) {
        active.remove(ending.remove());
      }
      from = to + 1;
    }
    return new IntervalMap<>(merged.chunks(), canonical);
  }

  private int joined(Set<Integer> active, BinaryOperator<V> join) {
    int result = -1;
    @Nullable V value = null;
    for (int i : active) {
      if (value == null) {
        result = classOf[i];
        value = classValues.get(result);
      } else {
        value = join.apply(value, classValues.get(classOf[i]));
        Integer known = classIds.putIfAbsent(value, classValues.size());
        result = known == null ? classValues.size() : known;
        if (known == null) {
          classValues.add(value);
        }
      }
    }
    return result;
  }

  private Range<V> range(int i) {
    return new Range<>(first[i], last[i], classValues.get(classOf[i]));
  }

  /** Indices by first key, ties in order of addition: a bottom-up merge sort without boxes. */
  private int[] sortedOrder() {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    if (sorted) {
      return order;
    }
    int[] spare = new int[size];
    for (int width = 1; width < size && width > 0; width *= 2) {
      for (int start = 0; start < size; start += 2 * width) {
        int middle = (int) Math.min((long) start + width, size);
        int end = (int) Math.min((long) start + 2L * width, size);
        mergeRuns(order, spare, start, middle, end);
        if (end == size) {
          break;
        }
      }
      int[] swap = order;
      order = spare;
      spare = swap;
    }
    return order;
  }

  private void mergeRuns(int[] from, int[] to, int start, int middle, int end) {
    int left = start;
    int right = middle;
    for (int n = start; n < end; n++) {
      boolean takeLeft =
          right >= end
              || (left < middle
                  && Long.compareUnsigned(first[from[left]], first[from[right]]) <= 0);
      to[n] = takeLeft ? from[left++] : from[right++];
    }
  }
}
