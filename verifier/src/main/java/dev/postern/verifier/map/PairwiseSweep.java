package dev.postern.verifier.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * One pass over many maps in key order. Values are counted, not maps compared: a range that opens
 * is asked against the different values open at that key, so M maps with the same few values cost M
 * times one map, not M squared.
 */
final class PairwiseSweep<V> {

  private static final int MAX_MAPS = 1 << 16;

  private final String name;
  private final List<IntervalMap<V>> maps;
  private final List<Lane<V>> lanes = new ArrayList<>();
  private final PairTable conflicts; // symmetric
  private final OpenClasses openClasses;
  private short[] steps;
  private int stepCount;

  PairwiseSweep(
      String name, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    if (maps.size() > MAX_MAPS) {
      throw new IllegalArgumentException(maps.size() + " maps; at most " + MAX_MAPS);
    }
    this.name = name;
    this.maps = List.copyOf(maps);
    List<V> values = new ArrayList<>();
    Map<V, Integer> numbers = new HashMap<>();
    for (IntervalMap<V> map : maps) {
      int[] globalClass = new int[map.classes()];
      for (int c = 0; c < globalClass.length; c++) {
        V value = map.classValue(c);
        Integer known = numbers.putIfAbsent(value, values.size());
        globalClass[c] = known == null ? values.size() : known;
        if (known == null) {
          values.add(value);
        }
      }
      lanes.add(new Lane<>(map, globalClass));
    }
    this.conflicts =
        new PairTable(
            values.size(),
            values.size(),
            (a, b) ->
                conflict.test(values.get(a), values.get(b))
                    || conflict.test(values.get(b), values.get(a)));
    this.openClasses = new OpenClasses(values.size());
    this.steps =
        new short[2 * Math.max(8, maps.stream().mapToInt(IntervalMap::size).max().orElse(0))];
  }

  PairwiseOutcome<V> run() {
    DueQueue due = new DueQueue(maps.size());
    for (int m = 0; m < maps.size(); m++) {
      schedule(due, m);
    }
    while (!due.isEmpty()) {
      int m = due.map();
      Lane<V> lane = lanes.get(m);
      if (lane.open) {
        openClasses.close(lane.value);
        lane.next();
      } else {
        for (int n = 0; n < openClasses.size(); n++) {
          if (conflicts.test(lane.value, openClasses.get(n))) {
            return violated(m, due.key());
          }
        }
        openClasses.open(lane.value);
        lane.open = true;
      }
      record(m);
      due.remove();
      schedule(due, m);
    }
    return new PairwiseOutcome.Holds<>(
        new PairwiseWitness(
            name,
            maps.stream().map(IntervalMap::digest).toList(),
            Arrays.copyOf(steps, stepCount)));
  }

  private void schedule(DueQueue due, int m) {
    Lane<V> lane = lanes.get(m);
    if (lane.open) {
      if (lane.last != -1L) { // no key follows the last one: such a range stays open
        due.add(lane.last + 1, m, true);
      }
    } else if (!lane.ended) {
      due.add(lane.first, m, false);
    }
  }

  private void record(int m) {
    if (stepCount == steps.length) {
      steps = Arrays.copyOf(steps, Math.multiplyExact(stepCount, 2));
    }
    steps[stepCount++] = (short) m;
  }

  /** The next range of map {@code m} conflicts at {@code key} with one that is open. */
  private PairwiseOutcome<V> violated(int m, long key) {
    for (int other = 0; other < maps.size(); other++) {
      if (lanes.get(other).open && conflicts.test(lanes.get(m).value, lanes.get(other).value)) {
        int low = Math.min(m, other);
        int high = Math.max(m, other);
        return new PairwiseOutcome.Violated<>(
            key, low, lanes.get(low).range(), high, lanes.get(high).range());
      }
    }
    throw new IllegalStateException("a class is counted as open, but no map has it open");
  }

  /** Where the pass is in one map: the range that is open, or is next to open. */
  private static final class Lane<V> {
    private final IntervalMap<V> map;
    private final int[] globalClass; // [class] -> number of the value among all maps
    private int chunk;
    private int n = -1; // in the chunk
    private long first;
    private long last;
    private int value; // its number among all maps
    private boolean open;
    private boolean ended;

    Lane(IntervalMap<V> map, int[] globalClass) {
      this.map = map;
      this.globalClass = globalClass;
      this.ended = map.isEmpty();
      if (!ended) {
        next();
      }
    }

    /** Closes the range, and goes on to the next one if there is one. */
    void next() {
      open = false;
      if (++n == map.chunks().get(chunk).size()) {
        n = 0;
        ended = ++chunk == map.chunks().size();
        if (ended) {
          return;
        }
      }
      Chunk<V> here = map.chunks().get(chunk);
      first = here.first(n);
      last = here.last(n);
      value = globalClass[map.classesOf(chunk)[here.classOf(n)]];
    }

    Range<V> range() {
      return new Range<>(first, last, map.chunks().get(chunk).value(n));
    }
  }

  /** The set of classes that some open range has, with counts; iterated by position. */
  private static final class OpenClasses {
    private final int[] count;
    private final int[] position;
    private int[] members = new int[16];
    private int size;

    OpenClasses(int classes) {
      count = new int[classes];
      position = new int[classes];
    }

    int size() {
      return size;
    }

    int get(int n) {
      return members[n];
    }

    void open(int c) {
      if (count[c]++ == 0) {
        if (size == members.length) {
          members = Arrays.copyOf(members, 2 * size);
        }
        position[c] = size;
        members[size++] = c;
      }
    }

    void close(int c) {
      if (--count[c] == 0) {
        int moved = members[--size];
        members[position[c]] = moved;
        position[moved] = position[c];
      }
    }
  }

  /** A binary heap of the next bound of each map: by key, closings before openings, map number. */
  private static final class DueQueue {
    private final long[] key;
    private final int[] rank; // map number, plus OPENING for an opening
    private int size;

    private static final int OPENING = MAX_MAPS;

    DueQueue(int maps) {
      key = new long[maps];
      rank = new int[maps];
    }

    boolean isEmpty() {
      return size == 0;
    }

    long key() {
      return key[0];
    }

    int map() {
      return rank[0] & (OPENING - 1);
    }

    void add(long at, int map, boolean closing) {
      int i = size++;
      int r = closing ? map : map | OPENING;
      while (i > 0 && less(at, r, (i - 1) >>> 1)) {
        move((i - 1) >>> 1, i);
        i = (i - 1) >>> 1;
      }
      key[i] = at;
      rank[i] = r;
    }

    void remove() {
      size--;
      long at = key[size];
      int r = rank[size];
      int i = 0;
      while (2 * i + 1 < size) {
        int child = 2 * i + 1;
        if (child + 1 < size && less(key[child + 1], rank[child + 1], child)) {
          child++;
        }
        if (less(at, r, child)) {
          break;
        }
        move(child, i);
        i = child;
      }
      key[i] = at;
      rank[i] = r;
    }

    private boolean less(long at, int r, int i) {
      int byKey = Long.compareUnsigned(at, key[i]);
      return byKey < 0 || (byKey == 0 && r < rank[i]);
    }

    private void move(int from, int to) {
      key[to] = key[from];
      rank[to] = rank[from];
    }
  }
}
