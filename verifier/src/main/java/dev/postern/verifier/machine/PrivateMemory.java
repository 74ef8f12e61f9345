package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;

/**
 * The exact content of a view's private pages, by linear address. Cells keep the size they were
 * stored with, so that a spill comes back as the very term that was spilled; what was never written
 * is an unknown of its own.
 */
final class PrivateMemory {

  private record Cell(Term value, int bytes) {}

  private final NavigableMap<Long, Cell> cells;
  private int epoch;

  PrivateMemory() {
    this(new TreeMap<>(Long::compareUnsigned), 0);
  }

  private PrivateMemory(NavigableMap<Long, Cell> cells, int epoch) {
    this.cells = cells;
    this.epoch = epoch;
  }

  PrivateMemory copy() {
    return new PrivateMemory(new TreeMap<>(cells), epoch);
  }

  /** Forgets everything: a store may have gone anywhere. {@code id} is new. */
  void forget(int id) {
    cells.clear();
    epoch = id;
  }

  /** Whether both have forgotten as often: what was never written is the same unknown in both. */
  boolean sameEpoch(PrivateMemory other) {
    return epoch == other.epoch;
  }

  /** Whether all that is known is the same. */
  boolean sameAs(PrivateMemory other) {
    return epoch == other.epoch && cells.equals(other.cells);
  }

  /** Address and size of everything that is known. */
  void cells(BiConsumer<Long, Integer> to) {
    cells.forEach((la, cell) -> to.accept(la, cell.bytes));
  }

  void store(TermAlgebra algebra, long la, Term value) {
    int bytes = value.width() / 8;
    for (Map.Entry<Long, Cell> old : overlapping(la, bytes)) {
      long start = old.getKey();
      Cell cell = old.getValue();
      cells.remove(start);
      for (int i = 0; i < cell.bytes; i++) {
        long at = start + i;
        if (at - la < 0 || at - la >= bytes) {
          cells.put(at, new Cell(algebra.extract(cell.value, 8 * i + 7, 8 * i), 1));
        }
      }
    }
    cells.put(la, new Cell(value, bytes));
  }

  Term load(TermAlgebra algebra, long la, int bytes) {
    Map.Entry<Long, Cell> floor = cells.floorEntry(la);
    if (floor != null) {
      long offset = la - floor.getKey();
      Cell cell = floor.getValue();
      if (offset + bytes <= cell.bytes) {
        int low = (int) offset * 8;
        return algebra.extract(cell.value, low + 8 * bytes - 1, low);
      }
    }
    if (overlapping(la, bytes).isEmpty()) {
      Term unknown =
          algebra.variable(
              "private." + epoch + "." + Long.toHexString(la) + "." + bytes, 8 * bytes);
      cells.put(la, new Cell(unknown, bytes));
      return unknown;
    }
    Term value = load(algebra, la, 1);
    for (int i = 1; i < bytes; i++) {
      value = algebra.concat(load(algebra, la + i, 1), value);
    }
    return value;
  }

  private List<Map.Entry<Long, Cell>> overlapping(long la, int bytes) {
    List<Map.Entry<Long, Cell>> found = new ArrayList<>();
    Map.Entry<Long, Cell> before = cells.lowerEntry(la);
    if (before != null && la - before.getKey() < before.getValue().bytes) {
      found.add(Map.entry(before.getKey(), before.getValue()));
    }
    cells
        .subMap(la, true, la + bytes - 1, true)
        .forEach((start, cell) -> found.add(Map.entry(start, cell)));
    return found;
  }

  /**
   * Joins the content of two paths; {@code guard} holds on the first. Cells that stand alike in
   * both are chosen by the guard; a place that only one of them has written reads its old unknown
   * in the other, under the same name, because names come from the place and the epoch. Content of
   * which one path has lost track is lost ({@code fresh} names the new unknown).
   */
  static PrivateMemory join(
      TermAlgebra algebra, Term guard, PrivateMemory a, PrivateMemory b, IntSupplier fresh) {
    if (a.epoch != b.epoch) {
      PrivateMemory lost = new PrivateMemory();
      lost.forget(fresh.getAsInt());
      return lost;
    }
    PrivateMemory joined = new PrivateMemory(new TreeMap<>(Long::compareUnsigned), a.epoch);
    PrivateMemory left = a.copy();
    PrivateMemory right = b.copy();
    for (Map.Entry<Long, Cell> entry : a.cells.entrySet()) {
      joinAt(algebra, guard, entry.getKey(), entry.getValue().bytes, left, right, joined);
    }
    for (Map.Entry<Long, Cell> entry : b.cells.entrySet()) {
      if (joined.overlapping(entry.getKey(), entry.getValue().bytes).isEmpty()) {
        joinAt(algebra, guard, entry.getKey(), entry.getValue().bytes, left, right, joined);
      } else {
        for (int i = 0; i < entry.getValue().bytes; i++) {
          if (joined.overlapping(entry.getKey() + i, 1).isEmpty()) {
            joinAt(algebra, guard, entry.getKey() + i, 1, left, right, joined);
          }
        }
      }
    }
    return joined;
  }

  private static void joinAt(
      TermAlgebra algebra,
      Term guard,
      long la,
      int bytes,
      PrivateMemory left,
      PrivateMemory right,
      PrivateMemory joined) {
    Term one = left.load(algebra, la, bytes);
    Term other = right.load(algebra, la, bytes);
    joined.cells.put(la, new Cell(one == other ? one : algebra.ite(guard, one, other), bytes));
  }
}
