package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Walks over terms, all of them iterative and linear in the number of different terms. */
public final class Terms {

  private Terms() {}

  /** The value of {@code root} in another algebra, given the values of its variables. */
  public static <V> V interpret(
      Term root, Algebra<V> algebra, Function<? super Term.Variable, ? extends V> variables) {
    return new Interpretation<V>(algebra, variables).of(root);
  }

  /**
   * The value of {@code root} under an assignment. A variable that {@code assignment} lacks is 0.
   */
  public static Bits evaluate(Term root, Map<Term.Variable, Bits> assignment) {
    return evaluation(assignment).of(root);
  }

  /** Evaluates several terms under one assignment, sharing the work. */
  public static Interpretation<Bits> evaluation(Map<Term.Variable, Bits> assignment) {
    return new Interpretation<>(
        ConcreteAlgebra.INSTANCE,
        variable -> {
          Bits value = assignment.getOrDefault(variable, Bits.of(variable.width(), 0));
          if (value.width() != variable.width()) {
            throw new IllegalArgumentException(
                "variable %s has %d bits, its value %d"
                    .formatted(variable.name(), variable.width(), value.width()));
          }
          return value;
        });
  }

  /** {@code root} with variables replaced, all at once, and simplified anew. */
  public static Term substitute(
      Term root, Map<Term.Variable, ? extends Term> replacements, TermAlgebra algebra) {
    return substitution(replacements, algebra).of(root);
  }

  /** Substitutes in several terms, sharing the work. */
  public static Interpretation<Term> substitution(
      Map<Term.Variable, ? extends Term> replacements, TermAlgebra algebra) {
    return new Interpretation<>(
        algebra,
        variable -> {
          Term replacement = replacements.get(variable);
          return replacement == null
              ? algebra.variable(variable.name(), variable.width())
              : replacement;
        });
  }

  /** The variables in {@code roots}, in order of first occurrence, left to right. */
  public static Set<Term.Variable> variables(Collection<? extends Term> roots) {
    Set<Term.Variable> found = new LinkedHashSet<>();
    for (Term term : operandsFirst(roots)) {
      if (term instanceof Term.Variable variable) {
        found.add(variable);
      }
    }
    return found;
  }

  /**
   * All different terms in {@code roots}, each after its operands, in the order of a left-to-right
   * walk: it depends on the structure of the roots alone.
   */
  public static List<Term> operandsFirst(Collection<? extends Term> roots) {
    List<Term> order = new ArrayList<>();
    Entered entered = new Entered(roots);
    Deque<Visit> stack = new ArrayDeque<>();
    for (Term root : roots) {
      if (entered.add(root)) {
        stack.push(new Visit(root));
      }
      while (!stack.isEmpty()) {
        Visit visit = stack.element();
        if (visit.term instanceof Term.Apply apply && visit.more(apply)) {
          Term operand = visit.next(apply);
          if (entered.add(operand)) {
            stack.push(new Visit(operand));
          }
        } else {
          order.add(visit.term);
          stack.pop();
        }
      }
    }
    return order;
  }

  /** A set of terms, by their numbers: those of operands are smaller than those of results. */
  private static final class Entered {
    private final long[] bits;

    Entered(Collection<? extends Term> roots) {
      int last = 0;
      Object store = null;
      for (Term root : roots) {
        if (store != null && store != root.store()) {
          throw new IllegalArgumentException("terms of different stores");
        }
        store = root.store();
        last = Math.max(last, root.id());
      }
      this.bits = new long[(last >> 6) + 1];
    }

    boolean add(Term term) {
      int word = term.id() >> 6;
      long bit = 1L << term.id();
      boolean fresh = (bits[word] & bit) == 0;
      bits[word] |= bit;
      return fresh;
    }
  }

  /** A term on the way, and how many of its operands were looked at. */
  static final class Visit {
    private final Term term;
    private int next;

    Visit(Term term) {
      this.term = term;
    }

    Term term() {
      return term;
    }

    boolean more(Term.Apply apply) {
      return next < apply.arity();
    }

    Term next(Term.Apply apply) {
      return apply.operand(next++);
    }
  }
}
