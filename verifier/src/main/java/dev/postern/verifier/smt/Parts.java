package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A query in parts that have no variable in common. It has a model if and only if each of them has:
 * models of all parts, put together, are one of the whole. Of a path that grows by one condition at
 * a time all parts but one are what they were, and most have an answer already.
 */
final class Parts {

  private final Map<Term, Term> joined = new HashMap<>();

  private Parts() {}

  /** The parts, each in the order of the query; by the place of their first term. */
  static List<Query> of(Query query) {
    Parts parts = new Parts();
    for (Term term : Terms.operandsFirst(query.asserted())) {
      if (term instanceof Term.Apply apply) {
        for (int i = 0; i < apply.arity(); i++) {
          Term operand = apply.operand(i);
          if (!(operand instanceof Term.Constant)) { // two terms may share one and nothing else
            parts.join(term, operand);
          }
        }
      }
    }
    Map<Term, List<Term>> grouped = new LinkedHashMap<>();
    for (Term term : query.asserted()) {
      grouped.computeIfAbsent(parts.representative(term), _ -> new ArrayList<>()).add(term);
    }
    return grouped.values().stream().map(terms -> new Query(query.title(), terms)).toList();
  }

  /**
   * The same question of variables that have numbers for names, in the order in which they were
   * made: rounds of a loop ask the same of what each of them loads.
   */
  static Renamed renamed(Query part) {
    TermAlgebra algebra = new TermAlgebra(part.asserted().getFirst().store());
    Map<Term.Variable, Term.Variable> names = new LinkedHashMap<>();
    part.variables().stream()
        .sorted(Comparator.comparingInt(Term::id))
        .forEach(variable -> {
          String name = "part." + names.size() + "." + variable.width();
          names.put(variable, algebra.variable(name, variable.width()));
        });
    Interpretation<Term> renaming = Terms.substitution(names, algebra);
    return new Renamed(
        new Query(part.title(), part.asserted().stream().map(renaming::of).toList()), names);
  }

  /**
   * A part in other words.
   *
   * @param names by the variables of the part
   */
  record Renamed(Query query, Map<Term.Variable, Term.Variable> names) {

    /** What is asked, in whatever order. */
    Set<Term> key() {
      return Set.copyOf(query.asserted());
    }

    /** An answer to {@link #query} as one to the part. */
    Answer translated(Answer answer) {
      return switch (answer) {
        case Answer.Unsat unsat -> unsat;
        case Answer.Unknown unknown -> unknown;
        case Answer.Sat(Model model) -> {
          Map<Term.Variable, Bits> values = new LinkedHashMap<>();
          names.forEach((variable, name) -> values.put(variable, model.value(name)));
          yield new Answer.Sat(new Model(values));
        }
      };
    }
  }

  private void join(Term one, Term other) {
    Term a = representative(one);
    Term b = representative(other);
    if (a != b) {
      joined.put(a, b);
    }
  }

  private Term representative(Term term) {
    Term at = term;
    for (Term next = joined.get(at); next != null; next = joined.get(at)) {
      Term beyond = joined.get(next);
      if (beyond != null) {
        joined.put(at, beyond);
      }
      at = next;
    }
    return at;
  }
}
