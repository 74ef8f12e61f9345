package dev.postern.verifier.smt;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The question whether some assignment makes all of {@code asserted} 1. To prove a claim, assert
 * its negation and have {@link Answer.Unsat}.
 *
 * @param title what is asked, for people; becomes a comment in {@link SmtLib#script}
 * @param asserted one-bit terms of one store
 */
public record Query(String title, List<Term> asserted) {

  public Query {
    asserted = List.copyOf(asserted);
    for (Term term : asserted) {
      if (term.width() != 1) {
        throw new IllegalArgumentException("asserted a term of " + term.width() + " bits");
      }
      if (term.store() != asserted.getFirst().store()) {
        throw new IllegalArgumentException("asserted terms of different stores");
      }
    }
  }

  public static Query of(String title, Term... asserted) {
    return new Query(title, List.of(asserted));
  }

  /**
   * The question whether one of {@code alternatives}, of one family, has a model. Built as it
   * stands, without rewriting.
   */
  public static Query anyOf(String title, List<Query> alternatives) {
    TermStore store = alternatives.getFirst().asserted().getFirst().store();
    Term any = store.constant(1, 0);
    for (Query alternative : alternatives) {
      Term all = store.constant(1, 1);
      for (Term term : alternative.asserted()) {
        all = store.and(all, term);
      }
      any = store.or(any, all);
    }
    return Query.of(title, any);
  }

  /** Queries of one family have their terms in common; empty where nothing is asserted. */
  public Optional<Object> family() {
    return asserted.isEmpty() ? Optional.empty() : Optional.of(asserted.getFirst().store());
  }

  /** In order of first occurrence. */
  public Set<Term.Variable> variables() {
    return Terms.variables(asserted);
  }
}
