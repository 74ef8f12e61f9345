package dev.postern.verifier.map;

import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * The questions of {@link Maps}, put to a solver: a second opinion that shares the maps and the
 * predicate with the sweep, and no code. One query about all ranges is beyond every solver at ten
 * thousand of them; a query for each slice of a few boundaries takes a fraction of a millisecond,
 * and the slices together are all keys.
 *
 * <p>The query of a slice says, of an unknown key in it, that it violates the question: the key
 * lies within the bounds of a left range and of a right range whose values violate, or, where
 * absence violates, in a left range and in no right one. The terms are built without
 * simplification, so it is the solver that decides. A slice in which no pair of values violates
 * needs no query.
 */
public final class SliceProof {

  /** Slices that share a solver context: enough to spread its cost, few enough to bound memory. */
  private static final int BATCH = 2048;

  private SliceProof() {}

  public static <V, W> SliceAnswer of(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Solver solver) {
    PairTable violates =
        new PairTable(
            left.classes(),
            right.classes(),
            (l, r) -> question.violatedBy(left.classValue(l), right.classValue(r)));
    return decide(
        question.name(),
        Slices.of(List.of(left, right)),
        solver,
        formula -> twoMaps(formula, question.violatedByAbsence(), violates, left, right));
  }

  /** {@link Maps#pairwise} by slices. */
  public static <V> SliceAnswer ofPairwise(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      Solver solver) {
    return decide(name, Slices.of(maps), solver, formula -> manyMaps(formula, maps, conflict));
  }

  private static SliceAnswer decide(
      String name, Slices slices, Solver solver, Function<SliceFormula, List<Term>> violations) {
    int asked = 0;
    for (int start = 0; start < slices.count(); start += BATCH) {
      TermStore store = new TermStore();
      List<Query> batch = new ArrayList<>();
      List<SliceFormula> formulas = new ArrayList<>();
      for (int s = start; s < Math.min(start + BATCH, slices.count()); s++) {
        SliceFormula formula = new SliceFormula(store, slices.first(s), slices.last(s));
        List<Term> disjuncts = violations.apply(formula);
        if (!disjuncts.isEmpty()) {
          formulas.add(formula);
          batch.add(Query.of(name + ", slice " + s, formula.keyInSlice(), formula.any(disjuncts)));
        }
      }
      asked += batch.size();
      List<Answer> answers = solver.solveEach(batch);
      for (int i = 0; i < answers.size(); i++) {
        SliceFormula formula = formulas.get(i);
        switch (answers.get(i)) {
          case Answer.Unsat() -> {}
          case Answer.Sat(Model model) -> {
            long key = model.value(formula.key()).low();
            return new SliceAnswer.Violated(key, formula.first(), formula.last());
          }
          case Answer.Unknown(String reason) -> {
            return new SliceAnswer.Unknown(reason);
          }
        }
      }
    }
    return new SliceAnswer.Unviolated(slices.count(), asked);
  }

  private static <V, W> List<Term> twoMaps(
      SliceFormula formula,
      boolean absenceViolates,
      PairTable violates,
      IntervalMap<V> left,
      IntervalMap<W> right) {
    List<Term> found = new ArrayList<>();
    for (int i : formula.indices(left)) {
      Term inLeft = formula.keyIn(left, i);
      List<Term> inSome = new ArrayList<>();
      for (int j : formula.indices(right)) {
        Term inRight = formula.keyIn(right, j);
        inSome.add(inRight);
        if (violates.test(left.classOf(i), right.classOf(j))) {
          found.add(formula.both(inLeft, inRight));
        }
      }
      if (absenceViolates) {
        found.add(formula.both(inLeft, formula.not(formula.any(inSome))));
      }
    }
    return found;
  }

  /** Equal ranges of several maps are one in the formula, with the number of maps that have it. */
  private static <V> List<Term> manyMaps(
      SliceFormula formula, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    Map<Range<V>, Integer> holders = new LinkedHashMap<>();
    for (IntervalMap<V> map : maps) {
      for (int i : formula.indices(map)) {
        holders.merge(map.range(i), 1, Integer::sum);
      }
    }
    List<Range<V>> ranges = List.copyOf(holders.keySet());
    Map<Range<V>, Term> inRange = new HashMap<>();
    ranges.forEach(range -> inRange.put(range, formula.keyIn(range.first(), range.last())));
    List<Term> found = new ArrayList<>();
    for (int a = 0; a < ranges.size(); a++) {
      for (int b = a; b < ranges.size(); b++) {
        Range<V> one = ranges.get(a);
        Range<V> other = ranges.get(b);
        boolean twoMaps = a != b || holders.getOrDefault(one, 0) > 1;
        if (twoMaps
            && (conflict.test(one.value(), other.value())
                || conflict.test(other.value(), one.value()))) {
          found.add(
              formula.both(
                  inRange.getOrDefault(one, formula.never()),
                  inRange.getOrDefault(other, formula.never())));
        }
      }
    }
    return found;
  }
}
