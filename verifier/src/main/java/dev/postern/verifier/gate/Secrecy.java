package dev.postern.verifier.gate;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.PathCondition;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Bits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a value depends on protected memory: two runs with the same caller and different memory,
 * asked of the solver (self-composition). Memory is every load from a window and every private cell
 * as it was before the call; the caller is everything else. A value the SDM leaves undefined counts
 * as memory if any input of the instruction does.
 *
 * <p>{@link #ofSource} counts the source guest's own memory as the caller's: what is loaded from a
 * window of it, at an address that is itself the same in both runs.
 */
public final class Secrecy {

  /** The answer for one value. */
  public sealed interface Verdict {

    record Public() implements Verdict {}

    /** Two assignments that agree on the caller and differ in the value. */
    record Depends(Model one, Model other) implements Verdict {}

    record Undecided(String reason) implements Verdict {}
  }

  private final GateWalk walk;
  private final TermAlgebra algebra;
  private final Map<Term.Variable, Boolean> known = new HashMap<>();
  private final Map<Term, Event.Access> ownLoads;

  /** Loads from windows, whosever they are, count as protected memory. */
  public Secrecy(GateWalk walk) {
    this(walk, Map.of());
  }

  private Secrecy(GateWalk walk, Map<Term, Event.Access> ownLoads) {
    this.walk = walk;
    this.algebra = walk.desk().algebra();
    this.ownLoads = ownLoads;
  }

  /** What the source guest has in its own windows is its input, and no secret to it. */
  public static Secrecy ofSource(GateWalk walk) {
    Map<Term, Event.Access> loads = new HashMap<>();
    for (Event event : walk.events()) {
      if (event instanceof Event.Access access && access.loaded().isPresent()) {
        loads.put(access.loaded().get(), access);
      }
    }
    return new Secrecy(walk, loads);
  }

  /** Whether any of {@code terms} has protected memory in it, whatever becomes of it. */
  public boolean mentions(List<Term> terms) {
    return Terms.variables(terms).stream().anyMatch(this::isProtected);
  }

  /** Decides {@code value} at the end of {@code path}. */
  public Verdict of(PathCondition path, Term value) {
    return of(path.conjuncts(), value);
  }

  /** Decides {@code value} where both runs have all of {@code given}. */
  public Verdict of(List<Term> given, Term value) {
    if (!mentions(List.of(value))) {
      return new Verdict.Public();
    }
    List<Term> asserted = new ArrayList<>(given);
    List<Term> all = new ArrayList<>(given);
    all.add(value);
    Map<Term.Variable, Term> twin = twin(all);
    for (Term condition : given) {
      asserted.add(Terms.substitute(condition, twin, algebra));
    }
    asserted.add(algebra.not(algebra.eq(value, Terms.substitute(value, twin, algebra))));
    return ask(asserted, twin);
  }

  /** Decides whether all of {@code conditions} hold: in one run they may, in the other not. */
  public Verdict ofOccurring(List<Term> conditions) {
    if (!mentions(conditions)) {
      return new Verdict.Public();
    }
    Map<Term.Variable, Term> twin = twin(conditions);
    List<Term> asserted = new ArrayList<>(conditions);
    List<Term> others = new ArrayList<>();
    for (Term condition : conditions) {
      others.add(Terms.substitute(condition, twin, algebra));
    }
    asserted.add(algebra.not(algebra.all(others)));
    return ask(asserted, twin);
  }

  private Map<Term.Variable, Term> twin(List<Term> terms) {
    Map<Term.Variable, Term> twin = new LinkedHashMap<>();
    for (Term.Variable variable : Terms.variables(terms)) {
      if (isProtected(variable)) {
        twin.put(variable, algebra.variable(variable.name() + "'", variable.width()));
      }
    }
    return twin;
  }

  private Verdict ask(List<Term> asserted, Map<Term.Variable, Term> twin) {
    return switch (walk.desk().ask(new Query("does protected memory show in a value", asserted))) {
      case Answer.Unsat none -> new Verdict.Public();
      case Answer.Unknown unknown -> new Verdict.Undecided(unknown.reason());
      case Answer.Sat sat -> new Verdict.Depends(sat.model(), other(sat.model(), twin));
    };
  }

  private Model other(Model model, Map<Term.Variable, Term> twin) {
    Map<Term.Variable, Bits> values = new LinkedHashMap<>(model.values());
    twin.forEach((variable, copy) -> values.put(variable, model.evaluate(copy)));
    return new Model(values);
  }

  /**
   * Whether a load takes what the source put there itself: within its windows, at an address that
   * does not mention protected memory, and not in a loop whose rounds are one state. Addresses are
   * older than what is loaded from them.
   */
  private boolean isOwn(Term.Variable variable) {
    Event.Access load = ownLoads.get(variable);
    if (load == null || load.state().standsForRounds() || mentions(List.of(load.address()))) {
      return false; // Which round of a loop was the last may differ between the runs.
    }
    if (load.known().isPresent()) {
      return load.known().get().role() == Role.SOURCE_WINDOW;
    }
    Term outside = algebra.constant(true);
    for (Mapping mapping : walk.space().mappings()) {
      if (mapping.role() == Role.SOURCE_WINDOW && mapping.size() >= load.bytes()) {
        Term offset = algebra.sub(load.address(), algebra.constant(64, mapping.la().value()));
        Term last = algebra.constant(64, mapping.size() - load.bytes());
        outside = algebra.and(outside, algebra.ult(last, offset));
      }
    }
    return walk.desk().ask("is the source's own memory read", load.state().condition(), outside)
        instanceof Answer.Unsat;
  }

  private boolean isProtected(Term.Variable variable) {
    Boolean answer = known.get(variable);
    if (answer == null) {
      answer =
          (variable.name().startsWith("load.") && !isOwn(variable))
              || variable.name().startsWith("private.")
              || Terms.variables(walk.inputsOf(variable)).stream().anyMatch(this::isProtected);
      known.put(variable, answer);
    }
    return answer;
  }
}
