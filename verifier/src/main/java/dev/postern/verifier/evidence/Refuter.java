package dev.postern.verifier.evidence;

import dev.postern.checker.Clauses;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Looks for a refutation of clauses: conflict-driven clause learning (two watched literals, VSIDS,
 * saved phases, Luby restarts), each learnt clause with the clauses it was resolved from. Not
 * trusted: what comes out is a {@link Trace}, which the checker judges. Deterministic: no clock and
 * no randomness; the limit is a number of conflicts.
 */
final class Refuter {

  /** What a search ended in. */
  sealed interface Result {

    /** A derivation of the empty clause. */
    record Refutation(Trace trace) implements Result {}

    /** Values of the variables that satisfy all clauses, by variable number. */
    record Satisfied(BitSet model) implements Result {}

    record GaveUp() implements Result {}
  }

  private static final double DECAY = 1 / 0.95;
  private static final int RESTART = 128;

  private final Trace trace;
  private final int variables;
  private final IntList arena = new IntList(); // of each clause: number, size, literals
  private final IntList[] watches; // by literal code: clause position, blocking literal
  private final byte[] value; // by variable
  private final byte[] phase;
  private final int[] level;
  private final int[] reason; // clause position + 1; 0 for a decision
  private final int[] place; // on the trail
  private final int[] unit; // number of the clause that fixes the variable at level 0
  private final IntList trail = new IntList();
  private final IntList levels = new IntList(); // trail size where each level begins
  private final byte[] seen;
  private final ActivityHeap order;
  private int propagated;

  private Refuter(Clauses clauses) {
    this.variables = clauses.variables();
    this.trace = new Trace(clauses);
    this.watches = new IntList[2 * variables + 2];
    for (int i = 2; i < watches.length; i++) {
      watches[i] = new IntList();
    }
    this.value = new byte[variables + 1];
    this.phase = new byte[variables + 1];
    this.level = new int[variables + 1];
    this.reason = new int[variables + 1];
    this.place = new int[variables + 1];
    this.unit = new int[variables + 1];
    this.seen = new byte[variables + 1];
    this.order = new ActivityHeap(variables);
  }

  /** Searches until {@code conflicts} are spent. */
  static Result run(Clauses clauses, long conflicts) {
    return new Refuter(clauses).search(clauses, conflicts);
  }

  private static int code(int literal) {
    return literal > 0 ? 2 * literal : -2 * literal + 1;
  }

  private int sign(int literal) {
    return literal > 0 ? value[literal] : -value[-literal];
  }

  private Result search(Clauses clauses, long limit) {
    for (int c = 1; c <= clauses.count(); c++) {
      if (clauses.size(c) == 0) {
        trace.add(new int[0], new int[] {c});
        return new Result.Refutation(trace);
      }
      int[] literals = new int[clauses.size(c)];
      for (int i = 0; i < literals.length; i++) {
        literals[i] = clauses.literal(c, i);
      }
      int position = attach(c, literals);
      if (literals.length == 1) {
        if (sign(literals[0]) < 0) {
          conclude(position);
          return new Result.Refutation(trace);
        }
        if (sign(literals[0]) == 0) {
          assign(literals[0], position + 1);
        }
      }
    }
    long conflicts = 0;
    long restarts = 1;
    long budget = RESTART;
    while (true) {
      int conflict = propagate();
      if (conflict >= 0) {
        if (levels.size() == 0) {
          conclude(conflict);
          return new Result.Refutation(trace);
        }
        learn(conflict);
        order.decay(DECAY);
        budget--;
        if (++conflicts > limit) {
          return new Result.GaveUp();
        }
      } else if (budget <= 0) {
        backTo(0);
        budget = RESTART * luby(++restarts);
      } else {
        int decision = order.next(value);
        if (decision == 0) {
          BitSet model = new BitSet();
          for (int v = 1; v <= variables; v++) {
            model.set(v, value[v] > 0);
          }
          return new Result.Satisfied(model);
        }
        levels.add(trail.size());
        assign(phase[decision] > 0 ? decision : -decision, 0);
      }
    }
  }

  /** Luby's sequence: 1 1 2 1 1 2 4 … */
  private static long luby(long i) {
    long n = i;
    while (true) {
      long top = Long.highestOneBit(n + 1);
      if (top == n + 1) {
        return top / 2;
      }
      n = n - top + 1;
    }
  }

  private int attach(int number, int... literals) {
    int position = arena.size();
    arena.add(number);
    arena.add(literals.length);
    for (int literal : literals) {
      arena.add(literal);
    }
    if (literals.length > 1) {
      watch(literals[0], position, literals[1]);
      watch(literals[1], position, literals[0]);
    }
    return position;
  }

  private void watch(int literal, int position, int blocker) {
    IntList list = watches[code(literal)];
    list.add(position);
    list.add(blocker);
  }

  private void assign(int literal, int why) {
    int v = Math.abs(literal);
    value[v] = (byte) (literal > 0 ? 1 : -1);
    phase[v] = value[v];
    level[v] = levels.size();
    reason[v] = why;
    place[v] = trail.size();
    trail.add(literal);
    if (levels.size() == 0) {
      fix(literal, why - 1);
    }
  }

  /** A literal that holds for good becomes a clause of its own. */
  private void fix(int literal, int position) {
    int size = arena.get(position + 1);
    if (size == 1) {
      unit[Math.abs(literal)] = arena.get(position);
      return;
    }
    IntList hints = new IntList();
    for (int i = 0; i < size; i++) {
      int other = arena.get(position + 2 + i);
      if (other != literal) {
        hints.add(unit[Math.abs(other)]);
      }
    }
    hints.add(arena.get(position));
    unit[Math.abs(literal)] = trace.add(new int[] {literal}, hints.toArray());
  }

  /** Position of a clause that is false, or -1. */
  private int propagate() {
    while (propagated < trail.size()) {
      int literal = -trail.get(propagated++);
      IntList list = watches[code(literal)];
      int kept = 0;
      for (int i = 0; i < list.size(); i += 2) {
        int position = list.get(i);
        int blocker = list.get(i + 1);
        if (sign(blocker) > 0) {
          list.set(kept++, position);
          list.set(kept++, blocker);
          continue;
        }
        int start = position + 2;
        if (arena.get(start) == literal) {
          arena.set(start, arena.get(start + 1));
          arena.set(start + 1, literal);
        }
        int other = arena.get(start);
        boolean moved = false;
        if (sign(other) <= 0) {
          for (int k = 2; k < arena.get(position + 1) && !moved; k++) {
            int candidate = arena.get(start + k);
            if (sign(candidate) >= 0) {
              arena.set(start + 1, candidate);
              arena.set(start + k, literal);
              watch(candidate, position, other);
              moved = true;
            }
          }
        }
        if (moved) {
          continue;
        }
        list.set(kept++, position);
        list.set(kept++, other);
        if (sign(other) < 0) {
          for (int rest = i + 2; rest < list.size(); rest++) {
            list.set(kept++, list.get(rest));
          }
          list.shrink(kept);
          return position;
        }
        if (sign(other) == 0) {
          assign(other, position + 1);
        }
      }
      list.shrink(kept);
    }
    return -1;
  }

  /** At level 0 a false clause and the units that make it so are the end. */
  private void conclude(int position) {
    IntList hints = new IntList();
    for (int i = 0; i < arena.get(position + 1); i++) {
      hints.add(unit[Math.abs(arena.get(position + 2 + i))]);
    }
    hints.add(arena.get(position));
    trace.add(new int[0], hints.toArray());
  }

  /** First unique implication point; goes back and asserts what was learnt. */
  private void learn(int conflict) {
    IntList learnt = new IntList();
    learnt.add(0); // place of the asserting literal
    IntList resolved = new IntList(); // variables whose reasons were used
    IntList fixed = new IntList(); // variables of level 0
    int open = 0;
    int at = trail.size();
    int position = conflict;
    int pivot = 0;
    do {
      for (int i = 0; i < arena.get(position + 1); i++) {
        int literal = arena.get(position + 2 + i);
        int v = Math.abs(literal);
        if (literal == pivot || seen[v] != 0) {
          continue;
        }
        seen[v] = 1;
        if (level[v] == 0) {
          fixed.add(v);
          continue;
        }
        order.bump(v);
        if (level[v] == levels.size()) {
          open++;
        } else {
          learnt.add(literal);
        }
      }
      do {
        pivot = trail.get(--at);
      } while (seen[Math.abs(pivot)] == 0 || level[Math.abs(pivot)] != levels.size());
      position = reason[Math.abs(pivot)] - 1;
      if (--open > 0) {
        resolved.add(Math.abs(pivot));
      }
    } while (open > 0);
    learnt.set(0, -pivot);
    IntList marked = learnt.copy();
    IntList kept = minimise(learnt, resolved, fixed);
    int number = trace.add(kept.toArray(), hints(resolved, fixed, conflict));
    for (int i = 0; i < marked.size(); i++) {
      seen[Math.abs(marked.get(i))] = 0;
    }
    for (int i = 0; i < resolved.size(); i++) {
      seen[resolved.get(i)] = 0;
    }
    for (int i = 0; i < fixed.size(); i++) {
      seen[fixed.get(i)] = 0;
    }
    int target = 0;
    for (int i = 1; i < kept.size(); i++) { // the second watch is of the highest level left
      int l = level[Math.abs(kept.get(i))];
      if (l > target) {
        target = l;
        int swap = kept.get(1);
        kept.set(1, kept.get(i));
        kept.set(i, swap);
      }
    }
    backTo(target);
    assign(kept.get(0), attach(number, kept.toArray()) + 1);
  }

  /** Drops literals that the others imply by one reason. */
  private IntList minimise(IntList learnt, IntList resolved, IntList fixed) {
    IntList kept = new IntList();
    kept.add(learnt.get(0));
    for (int i = 1; i < learnt.size(); i++) {
      int v = Math.abs(learnt.get(i));
      int position = reason[v] - 1;
      boolean implied = position >= 0;
      for (int k = 0; implied && k < arena.get(position + 1); k++) {
        int other = Math.abs(arena.get(position + 2 + k));
        implied = other == v || seen[other] != 0 || level[other] == 0;
      }
      if (!implied) {
        kept.add(learnt.get(i));
        continue;
      }
      resolved.add(v);
      for (int k = 0; k < arena.get(position + 1); k++) {
        int other = Math.abs(arena.get(position + 2 + k));
        if (level[other] == 0 && seen[other] == 0) {
          seen[other] = 1;
          fixed.add(other);
        }
      }
    }
    return kept;
  }

  /** In the order in which a checker can propagate: units, reasons by trail, the conflict. */
  private int[] hints(IntList resolved, IntList fixed, int conflict) {
    long[] byPlace = new long[resolved.size()];
    for (int i = 0; i < byPlace.length; i++) {
      int v = resolved.get(i);
      byPlace[i] = (long) place[v] << 32 | arena.get(reason[v] - 1);
    }
    Arrays.sort(byPlace);
    int[] hints = new int[fixed.size() + byPlace.length + 1];
    for (int i = 0; i < fixed.size(); i++) {
      hints[i] = unit[fixed.get(i)];
    }
    for (int i = 0; i < byPlace.length; i++) {
      hints[fixed.size() + i] = (int) byPlace[i];
    }
    hints[hints.length - 1] = arena.get(conflict);
    return hints;
  }

  private void backTo(int target) {
    if (levels.size() <= target) {
      return;
    }
    int start = levels.get(target);
    for (int i = trail.size() - 1; i >= start; i--) {
      int v = Math.abs(trail.get(i));
      value[v] = 0;
      order.offer(v);
    }
    trail.shrink(start);
    levels.shrink(target);
    propagated = start;
  }
}
