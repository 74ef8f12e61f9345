package dev.postern.verifier.gate;

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

  public Secrecy(GateWalk walk) {
    this.walk = walk;
    this.algebra = walk.desk().algebra();
  }

  /** Decides {@code value} at the end of {@code path}. */
  public Verdict of(PathCondition path, Term value) {
    boolean anyProtected = Terms.variables(List.of(value)).stream().anyMatch(this::isProtected);
    if (!anyProtected) {
      return new Verdict.Public();
    }
    List<Term> asserted = new ArrayList<>(path.conjuncts());
    List<Term> all = new ArrayList<>(asserted);
    all.add(value);
    Map<Term.Variable, Term> twin = new LinkedHashMap<>();
    for (Term.Variable variable : Terms.variables(all)) {
      if (isProtected(variable)) {
        twin.put(variable, algebra.variable(variable.name() + "'", variable.width()));
      }
    }
    for (Term condition : path.conjuncts()) {
      asserted.add(Terms.substitute(condition, twin, algebra));
    }
    asserted.add(algebra.not(algebra.eq(value, Terms.substitute(value, twin, algebra))));
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

  private boolean isProtected(Term.Variable variable) {
    Boolean answer = known.get(variable);
    if (answer == null) {
      answer =
          variable.name().startsWith("load.")
              || variable.name().startsWith("private.")
              || Terms.variables(walk.inputsOf(variable)).stream().anyMatch(this::isProtected);
      known.put(variable, answer);
    }
    return answer;
  }
}
