package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What can be said of a query without search. Conjunctions are taken apart; a variable that a
 * conjunct fixes is replaced by its value everywhere, until nothing changes; bounds in the
 * remaining conjuncts narrow the facts of what they bound, and a conjunct that is then surely 0
 * ends the matter. If none is, a few obvious assignments are tried.
 */
final class Propagation {

  /** Outcome of {@link #of}. */
  sealed interface Result {}

  record Decided(Answer answer) implements Result {}

  /** Equivalent to the query asked, once {@code propagation} has completed its models. */
  record Open(Query reduced, Propagation propagation) implements Result {}

  private final Query query;
  private final TermAlgebra algebra;
  private final Map<Term.Variable, Term> fixed = new LinkedHashMap<>();
  private Map<Term, Facts> bounds = Map.of();

  private Propagation(Query query) {
    this.query = query;
    this.algebra = new TermAlgebra(query.asserted().getFirst().store());
  }

  static Result of(Query query) {
    return query.asserted().isEmpty()
        ? new Decided(new Answer.Sat(new Model(Map.of())))
        : new Propagation(query).run();
  }

  private Result run() {
    Set<Term> conjuncts = conjuncts(query.asserted());
    while (fixVariables(conjuncts)) {
      Interpretation<Term> replaced = Terms.substitution(fixed, algebra);
      conjuncts = conjuncts(conjuncts.stream().map(replaced::of).toList());
    }
    if (conjuncts.stream().anyMatch(Term::isFalse)) {
      return new Decided(new Answer.Unsat());
    }
    Optional<Map<Term, Facts>> stated = bounds(conjuncts);
    if (stated.isEmpty() || contradicts(conjuncts, stated.get())) {
      return new Decided(new Answer.Unsat());
    }
    bounds = stated.get();
    Query reduced = new Query(query.title(), List.copyOf(conjuncts));
    return guess(reduced)
        .<Result>map(model -> new Decided(new Answer.Sat(complete(model))))
        .orElseGet(() -> new Open(reduced, this));
  }

  /** The conjuncts of all {@code terms}, without those that are surely 1. */
  private Set<Term> conjuncts(Iterable<Term> terms) {
    Set<Term> found = new LinkedHashSet<>();
    Deque<Term> pending = new ArrayDeque<>();
    for (Term root : terms) {
      pending.push(root);
      while (!pending.isEmpty()) {
        Term term = pending.pop();
        if (Shape.is(term, Operator.AND)) {
          pending.push(Shape.operand(term, 1));
          pending.push(Shape.operand(term, 0));
        } else if (Shape.is(term, Operator.NOT)
            && Shape.is(Shape.operand(term, 0), Operator.OR)) { // not (x | y)
          pending.push(algebra.not(Shape.operand(Shape.operand(term, 0), 1)));
          pending.push(algebra.not(Shape.operand(Shape.operand(term, 0), 0)));
        } else if (!term.isTrue()) {
          found.add(term);
        }
      }
    }
    return found;
  }

  /** Records variables that a conjunct gives a value; answers whether there were new ones. */
  private boolean fixVariables(Set<Term> conjuncts) {
    int before = fixed.size();
    for (Term term : conjuncts) {
      if (term instanceof Term.Variable variable) {
        fixed.putIfAbsent(variable, algebra.constant(true));
      } else if (Shape.is(term, Operator.NOT)
          && Shape.operand(term, 0) instanceof Term.Variable variable) {
        fixed.putIfAbsent(variable, algebra.constant(false));
      } else if (Shape.isWithConstant(term, Operator.EQ)
          && Shape.operand(term, 0) instanceof Term.Variable variable) {
        fixed.putIfAbsent(variable, Shape.operand(term, 1));
      }
    }
    return fixed.size() > before;
  }

  /** Facts that single conjuncts state of terms; empty if two of them contradict each other. */
  private static Optional<Map<Term, Facts>> bounds(Set<Term> conjuncts) {
    Map<Term, Facts> bounds = new HashMap<>();
    for (Term term : conjuncts) {
      boolean negated = Shape.is(term, Operator.NOT);
      Term claim = negated ? Shape.operand(term, 0) : term;
      if (!Shape.is(claim, Operator.ULT) && !Shape.is(claim, Operator.EQ)) {
        continue;
      }
      Term a = Shape.operand(claim, 0);
      Term b = Shape.operand(claim, 1);
      if (!a.facts().recorded() || (negated && Shape.is(claim, Operator.EQ))) {
        continue;
      }
      int width = a.width();
      long mask = Facts.mask(width);
      if (Shape.is(claim, Operator.EQ)) {
        narrow(bounds, a, b.facts());
        narrow(bounds, b, a.facts());
      } else if (negated) { // b <= a
        narrow(bounds, a, Facts.ofInterval(width, b.facts().min(), mask));
        narrow(bounds, b, Facts.ofInterval(width, 0, a.facts().max()));
      } else if (b.facts().max() == 0 || a.facts().min() == mask) {
        return Optional.empty();
      } else { // a < b
        narrow(bounds, a, Facts.ofInterval(width, 0, b.facts().max() - 1));
        narrow(bounds, b, Facts.ofInterval(width, a.facts().min() + 1, mask));
      }
    }
    return bounds.values().stream().anyMatch(Facts::impossible)
        ? Optional.empty()
        : Optional.of(bounds);
  }

  private static void narrow(Map<Term, Facts> bounds, Term term, Facts stated) {
    bounds.merge(term, term.facts().and(stated), Facts::and);
  }

  /** Whether a conjunct is surely 0, or a bounded term impossible, where the bounds hold. */
  private static boolean contradicts(Set<Term> conjuncts, Map<Term, Facts> bounds) {
    Map<Term, Facts> known = new HashMap<>();
    Function<Term, Facts> look = term -> known.getOrDefault(term, term.facts());
    for (Term term : Terms.operandsFirst(conjuncts)) {
      // A term's own facts are by the same rules of its operands': nothing new where those are.
      boolean more = term instanceof Term.Apply apply && newlyKnown(apply, known);
      Facts bound = bounds.get(term);
      if (!more && bound == null) {
        continue;
      }
      Facts facts = term.facts();
      if (more) {
        facts = facts.and(FactRules.of((Term.Apply) term, look));
      }
      if (bound != null) {
        facts = facts.and(bound);
      }
      if (facts.impossible()) {
        return true;
      }
      known.put(term, facts);
    }
    return conjuncts.stream().anyMatch(term -> look.apply(term).max() == 0);
  }

  private static boolean newlyKnown(Term.Apply term, Map<Term, Facts> known) {
    for (int i = 0; i < term.arity(); i++) {
      if (known.containsKey(term.operand(i))) {
        return true;
      }
    }
    return false;
  }

  /** Tries the smallest and the largest value that each variable's bounds allow. */
  private Optional<Model> guess(Query reduced) {
    Set<Term.Variable> variables = reduced.variables();
    return Stream.of(true, false)
        .map(smallest -> extreme(variables, smallest))
        .filter(model -> model.satisfies(reduced))
        .findFirst();
  }

  /** A model of a part of the query left open, if a search from such values on finds one. */
  Optional<Model> search(Query part) {
    Set<Term.Variable> variables = part.variables();
    return Stream.of(true, false)
        .flatMap(smallest -> ModelSearch.from(extreme(variables, smallest), part).stream())
        .findFirst();
  }

  private Model extreme(Set<Term.Variable> variables, boolean smallest) {
    Map<Term.Variable, Bits> values = new LinkedHashMap<>();
    for (Term.Variable variable : variables) {
      Facts facts = bounds.getOrDefault(variable, variable.facts());
      values.put(variable, Bits.of(variable.width(), smallest ? facts.min() : facts.max()));
    }
    return new Model(values);
  }

  /** A model of the query asked, from one of the reduced query. */
  Model complete(Model reduced) {
    Map<Term.Variable, Bits> values = new LinkedHashMap<>();
    for (Term.Variable variable : query.variables()) {
      Term known = fixed.get(variable);
      values.put(
          variable,
          known instanceof Term.Constant constant ? constant.value() : reduced.value(variable));
    }
    return new Model(values);
  }
}
