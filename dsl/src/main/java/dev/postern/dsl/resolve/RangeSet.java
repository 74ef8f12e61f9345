package dev.postern.dsl.resolve;

import dev.postern.dsl.resolve.PlannedView.Range;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/** Addresses that are taken, as disjoint ranges. */
final class RangeSet {

  private final TreeMap<Long, Long> lastByStart = new TreeMap<>(Comparator.naturalOrder());

  // Keys are shifted so that signed order is unsigned order.
  private static long key(long address) {
    return address ^ Long.MIN_VALUE;
  }

  /** Adds {@code range}; what it touches becomes one range with it. */
  void add(Range range) {
    long start = key(range.start());
    long last = key(range.last());
    Map.Entry<Long, Long> before = lastByStart.floorEntry(start);
    if (before != null && before.getValue() >= start) {
      start = before.getKey();
      last = Math.max(last, before.getValue());
    }
    Iterator<Map.Entry<Long, Long>> inside =
        lastByStart.subMap(start, true, last, true).entrySet().iterator();
    while (inside.hasNext()) {
      last = Math.max(last, inside.next().getValue());
      inside.remove();
    }
    lastByStart.put(start, last);
  }

  boolean meets(Range range) {
    Map.Entry<Long, Long> before = lastByStart.floorEntry(key(range.last()));
    return before != null && before.getValue() >= key(range.start());
  }

  /** What {@code range} leaves of itself between the ranges of this set, in order. */
  java.util.List<Range> gaps(Range range) {
    java.util.List<Range> gaps = new java.util.ArrayList<>();
    long next = key(range.start());
    long end = key(range.last());
    Map.Entry<Long, Long> first = lastByStart.floorEntry(next);
    long from = first == null ? next : first.getKey();
    for (Map.Entry<Long, Long> taken : lastByStart.subMap(from, true, end, true).entrySet()) {
      if (taken.getValue() < next) {
        continue;
      }
      if (taken.getKey() > next) {
        gaps.add(new Range(key(next), taken.getKey() - next));
      }
      if (taken.getValue() >= end) {
        return gaps;
      }
      next = taken.getValue() + 1;
    }
    gaps.add(new Range(key(next), end - next + 1));
    return gaps;
  }
}
