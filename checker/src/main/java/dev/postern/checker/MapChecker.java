package dev.postern.checker;

import dev.postern.checker.MapClaim.Cursor;
import java.util.BitSet;
import java.util.List;

/** Checks sweep witnesses in one pass that compares neighbours. */
final class MapChecker {

  private final MapClaim claim;
  private final List<Cursor> maps;
  private final Reader witness;

  private MapChecker(MapClaim claim, Reader witness) {
    this.claim = claim;
    this.maps = claim.maps().stream().map(Cursor::new).toList();
    this.witness = witness;
  }

  static void check(MapClaim claim, Reader witness) throws Refused {
    MapChecker checker = new MapChecker(claim, witness);
    for (Cursor map : checker.maps) {
      ascending(map);
    }
    if (claim.pairwise()) {
      checker.several();
    } else {
      checker.two(checker.maps.getFirst(), checker.maps.getLast());
    }
    witness.end();
  }

  private static boolean above(long x, long y) {
    return Long.compareUnsigned(x, y) > 0;
  }

  private static void ascending(Cursor map) throws Refused {
    for (int i = 0; i < map.size(); i++) {
      if (above(map.first(i), map.last(i)) || (i > 0 && !above(map.first(i), map.last(i - 1)))) {
        throw new Refused("a map is not sorted and disjoint at range " + i);
      }
    }
  }

  /**
   * Two maps. The witness has for each left range a, in order, how far the index s of a right range
   * moves on. Right range s-1 ends below a, and ranges ascend, so none before s meets a. From s on
   * every right range is looked at that begins within a; the first that does not, and by order all
   * behind it, cannot meet a. So every pair that shares a key is looked up in the table. Where
   * absence violates, those ranges must also leave no gap from a's first key to its last.
   */
  private void two(Cursor left, Cursor right) throws Refused {
    int s = 0;
    for (int i = 0; i < left.size(); i++) {
      s += witness.number(right.size() - s, "range " + i + ": step of the witness");
      long last = left.last(i);
      if (s > 0 && !above(left.first(i), right.last(s - 1))) {
        throw new Refused("range " + i + ": an earlier right range meets it");
      }
      boolean covered = false; // up to and including the last key of a
      long next = left.first(i); // the first key not covered; wraps only when all are
      for (int j = s; j < right.size() && !above(right.first(j), last); j++) {
        if (claim.violates(left.classOf(i), right.classOf(j))) {
          throw new Refused("range " + i + ": violated by right range " + j);
        }
        if (claim.absence() && above(right.first(j), next)) {
          throw new Refused("range " + i + ": a key is absent");
        }
        covered = !above(last, right.last(j));
        next = right.last(j) + 1;
      }
      if (claim.absence() && !covered) {
        throw new Refused("range " + i + ": a key is absent");
      }
    }
  }

  /**
   * Several maps. The witness has at each step the number of a map, whose open range closes behind
   * its last key, or whose next range opens at its first. Keys never fall. Two ranges of different
   * maps that share a key share the larger of their first keys; when the later of the two opens, at
   * that key, the other is open: it opened before, and closes only at a larger key. So each such
   * pair is looked up. In the end every range has been opened.
   */
  private void several() throws Refused {
    int count = maps.size();
    int[] next = new int[count]; // the range that is open, or is next to open
    BitSet open = new BitSet();
    int[] openOf = new int[claim.classes()]; // how many open ranges have the class
    BitSet classes = new BitSet();
    long key = 0;
    int steps = witness.number(witness.left(), "number of steps");
    for (int step = 0; step < steps; step++) {
      int m = witness.number(count - 1, "step " + step + ": map");
      Cursor map = maps.get(m);
      if (next[m] == map.size()) {
        throw new Refused("step " + step + ": map " + m + " has no more ranges");
      }
      boolean closes = open.get(m);
      if (closes && map.last(next[m]) == -1L) {
        throw new Refused("step " + step + ": no key follows the last one");
      }
      long due = closes ? map.last(next[m]) + 1 : map.first(next[m]);
      if (above(key, due)) {
        throw new Refused("step " + step + ": keys fall");
      }
      key = due;
      open.flip(m);
      int own = map.classOf(next[m]);
      if (closes) {
        next[m]++;
        if (--openOf[own] == 0) {
          classes.clear(own);
        }
        continue;
      }
      for (int other = classes.nextSetBit(0); other >= 0; other = classes.nextSetBit(other + 1)) {
        if (claim.violates(own, other)) {
          throw new Refused("step " + step + ": two open ranges violate the claim");
        }
      }
      openOf[own]++;
      classes.set(own);
    }
    for (int m = 0; m < count; m++) {
      if (next[m] + (open.get(m) ? 1 : 0) != maps.get(m).size()) {
        throw new Refused("map " + m + ": range " + next[m] + " is never opened");
      }
    }
  }
}
