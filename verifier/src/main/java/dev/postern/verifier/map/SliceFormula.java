package dev.postern.verifier.map;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import java.util.List;

/** Terms about one unknown key in one slice. */
final class SliceFormula {

  private final TermStore store;
  private final Term.Variable key;
  private final long first;
  private final long last;

  SliceFormula(TermStore store, long first, long last) {
    this.store = store;
    this.key = store.variable("key", 64);
    this.first = first;
    this.last = last;
  }

  Term.Variable key() {
    return key;
  }

  long first() {
    return first;
  }

  long last() {
    return last;
  }

  /** The ranges of {@code map} that meet the slice. */
  int[] indices(IntervalMap<?> map) {
    int from = map.indexAtOrAfter(first);
    int to = from;
    while (to < map.size() && Long.compareUnsigned(map.first(to), last) <= 0) {
      to++;
    }
    int[] indices = new int[to - from];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = from + i;
    }
    return indices;
  }

  Term keyInSlice() {
    return keyIn(first, last);
  }

  Term keyIn(IntervalMap<?> map, int i) {
    return keyIn(map.first(i), map.last(i));
  }

  /** from <= key and key <= to, unsigned. */
  Term keyIn(long from, long to) {
    return both(
        not(store.ult(key, store.constant(64, from))), not(store.ult(store.constant(64, to), key)));
  }

  Term not(Term a) {
    return store.not(a);
  }

  Term both(Term a, Term b) {
    return store.and(a, b);
  }

  Term any(List<Term> terms) {
    return terms.stream().reduce(store::or).orElseGet(this::never);
  }

  Term never() {
    return store.constant(1, 0);
  }
}
