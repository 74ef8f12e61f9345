package dev.postern.verifier.map;

import java.util.function.BiPredicate;

/**
 * A question about two maps that each key answers by itself: it holds when no key violates it.
 *
 * <p>The predicates see values only, are asked about any pair of values that occur, in any order
 * and any number of times, and must always give the same answer.
 */
public sealed interface Question<V, W> {

  /** Says which obligation is asked; part of the witness. */
  String name();

  /** Whether a key with these values violates the question. */
  boolean violatedBy(V left, W right);

  /** Whether a key of the left map that the right map lacks violates the question. */
  boolean violatedByAbsence();

  /** Every key of the left map is in the right map, and its two values are {@code allowed}. */
  record Inclusion<V, W>(String name, BiPredicate<? super V, ? super W> allowed)
      implements Question<V, W> {
    @Override
    public boolean violatedBy(V left, W right) {
      return !allowed.test(left, right);
    }

    @Override
    public boolean violatedByAbsence() {
      return true;
    }
  }

  /** No key of both maps has values that {@code conflict}. */
  record Exclusion<V, W>(String name, BiPredicate<? super V, ? super W> conflict)
      implements Question<V, W> {
    @Override
    public boolean violatedBy(V left, W right) {
      return conflict.test(left, right);
    }

    @Override
    public boolean violatedByAbsence() {
      return false;
    }
  }
}
