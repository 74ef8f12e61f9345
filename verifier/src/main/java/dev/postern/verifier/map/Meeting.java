package dev.postern.verifier.map;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where the ranges of one chunk of a left map meet those of a right map: which pairs of values
 * share a key, whether a key of the left is absent from the right, and a witness of both. It says
 * nothing of what may meet, so it serves every question; and it depends on nothing but the chunks
 * named in it, which never change, so it may be kept for as long as they are.
 *
 * <p>The right chunks are all that have a key between the lowest and the highest of the left chunk.
 * No range outside them shares a key with it, so what is found here is what the whole of the right
 * map would show.
 */
final class Meeting {

  /** Class numbers in a chunk are below {@link Chunk#MOST}. */
  private static final int CLASS_BITS = 12;

  private final Chunk<?> left;
  private final List<Chunk<?>> right;
  private final int firstStart;
  private final int lastStart;
  private final byte[] steps;
  private final long[] pairs;
  private final boolean covered;

  private Meeting(
      Chunk<?> left,
      List<Chunk<?>> right,
      int firstStart,
      int lastStart,
      byte[] steps,
      long[] pairs,
      boolean covered) {
    this.left = left;
    this.right = right;
    this.firstStart = firstStart;
    this.lastStart = lastStart;
    this.steps = steps;
    this.pairs = pairs;
    this.covered = covered;
  }

  /** Found before, or by a sweep. */
  static Meeting of(Chunk<?> left, List<? extends Chunk<?>> right) {
    return left.memory()
        .find(left, right)
        .orElseGet(() -> {
          Meeting fresh = new Pass(left, right).run();
          left.memory().keep(fresh);
          return fresh;
        });
  }

  /** Whether it is one of just these chunks: of the very objects, for equal ones need not be. */
  boolean isOf(Chunk<?> one, List<? extends Chunk<?>> others) {
    if (one != left || others.size() != right.size()) {
      return false;
    }
    for (int k = 0; k < right.size(); k++) {
      if (others.get(k) != right.get(k)) {
        return false;
      }
    }
    return true;
  }

  /** Ranges of the left chunk. */
  int size() {
    return left.size();
  }

  /**
   * Of the first left range: the first right range, counted from the first in the right chunks,
   * that does not lie wholly below it.
   */
  int firstStart() {
    return firstStart;
  }

  /** The same of the last left range. */
  int lastStart() {
    return lastStart;
  }

  /** How far the same moves on with each left range but the first, as numbers of evidence. */
  byte[] steps() {
    return steps;
  }

  /** Whether the right map has all keys of the left chunk. */
  boolean covered() {
    return covered;
  }

  /** How many pairs of classes share a key. */
  int pairs() {
    return pairs.length;
  }

  /** Number in the left chunk of the left class of pair {@code n}. */
  int leftClass(int n) {
    return (int) (pairs[n] >>> CLASS_BITS) & Chunk.MOST - 1;
  }

  /** Which right chunk the right class of pair {@code n} is of. */
  int rightChunk(int n) {
    return (int) (pairs[n] >>> 2 * CLASS_BITS);
  }

  /** Number in that chunk of the right class of pair {@code n}. */
  int rightClass(int n) {
    return (int) pairs[n] & Chunk.MOST - 1;
  }

  /**
   * What a left chunk met before: the last few right sides, for maps are asked about in turn. Holds
   * findings, not verdicts. Of threads that keep at once, one may be forgotten.
   */
  static final class Memory {

    private static final int KEPT = 4;

    private volatile List<Meeting> known = List.of();

    Optional<Meeting> find(Chunk<?> left, List<? extends Chunk<?>> right) {
      for (Meeting meeting : known) {
        if (meeting.isOf(left, right)) {
          return Optional.of(meeting);
        }
      }
      return Optional.empty();
    }

    void keep(Meeting fresh) {
      List<Meeting> before = known;
      Meeting[] now = new Meeting[Math.min(KEPT, before.size() + 1)];
      now[0] = fresh;
      for (int n = 1; n < now.length; n++) {
        now[n] = before.get(n - 1);
      }
      known = List.of(now);
    }
  }

  /** One pass over the left chunk and its right ones, in the order of keys. */
  private static final class Pass {

    private static final int RECENT = 64;

    private final Chunk<?> left;
    private final List<Chunk<?>> right;
    private final Set<Long> pairs = new HashSet<>();
    private final long[] recent = new long[RECENT]; // pairs seen, to keep most out of the set
    private boolean covered = true;

    Pass(Chunk<?> left, List<? extends Chunk<?>> right) {
      this.left = left;
      this.right = List.copyOf(right);
      Arrays.fill(recent, -1);
    }

    Meeting run() {
      Steps steps = new Steps(left.size());
      int firstStart = 0;
      int before = 0;
      int start = 0; // counted from the first range of the first right chunk
      int k = 0; // the right chunk that start lies in
      int j = 0; // the range in it that start is
      for (int i = 0; i < left.size(); i++) {
        long key = left.first(i);
        while (k < right.size() && below(right.get(k).last(j), key)) {
          start++;
          if (++j == right.get(k).size()) {
            k++;
            j = 0;
          }
        }
        if (i == 0) {
          firstStart = start;
        } else {
          steps.add(start - before);
        }
        before = start;
        meet(i, k, j);
      }
      long[] found = pairs.stream().mapToLong(Long::longValue).sorted().toArray();
      return new Meeting(left, right, firstStart, start, steps.toArray(), found, covered);
    }

    /** Walks the right ranges that share a key with left range {@code i}, if the first does. */
    private void meet(int i, int chunk, int range) {
      long next =
          left.first(i); // keys of range i below it are covered, or one is seen to be absent
      long last = left.last(i);
      int j = range;
      for (int k = chunk; k < right.size(); k++) {
        Chunk<?> there = right.get(k);
        for (; j < there.size(); j++) {
          if (below(last, there.first(j))) {
            covered = false;
            return;
          }
          if (below(next, there.first(j))) {
            covered = false;
          }
          note(
              (long) k << 2 * CLASS_BITS | (long) left.classOf(i) << CLASS_BITS | there.classOf(j));
          if (!below(there.last(j), last)) {
            return;
          }
          next = there.last(j) + 1;
        }
        j = 0;
      }
      covered = false;
    }

    private void note(long pair) {
      int slot = (int) (pair ^ pair >>> CLASS_BITS - 3 ^ pair >>> 2 * CLASS_BITS) & RECENT - 1;
      if (recent[slot] != pair) {
        recent[slot] = pair;
        pairs.add(pair);
      }
    }

    private static boolean below(long x, long y) {
      return Long.compareUnsigned(x, y) < 0;
    }
  }
}
