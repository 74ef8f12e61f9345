package dev.postern.verifier.gate;

import dev.postern.verifier.machine.Explorer;
import dev.postern.verifier.machine.PathCondition;
import dev.postern.verifier.machine.Possibility;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One algebra, its names, and the solver to ask: what all terms about one landing and what follows
 * it have in common. Belongs to one thread at a time.
 */
public final class Desk implements Possibility {

  private final TermAlgebra algebra = new TermAlgebra();
  private final Explorer.Names names = new Explorer.Names();
  private final Solver solver;
  private final List<Query> rests = new ArrayList<>();

  /**
   * The last model of a path. The next question is mostly about the same path and one condition
   * more, or one condition the other way.
   */
  private Model recent = new Model(Map.of());

  public Desk(Solver solver) {
    this.solver = solver;
  }

  public TermAlgebra algebra() {
    return algebra;
  }

  public Explorer.Names names() {
    return names;
  }

  /** Can {@code condition} hold at the end of {@code path}? */
  public Answer ask(String title, PathCondition path, Term condition) {
    List<Term> all = new ArrayList<>(path.conjuncts());
    all.add(condition);
    return ask(new Query(title, all));
  }

  /**
   * Whether {@code path} has no model. Asked at a glance first, since most paths have one that is
   * found soon and nobody looks at; in full where that does not say.
   */
  public boolean neverTaken(String title, PathCondition path) {
    Query query = new Query(title, path.conjuncts());
    Answer soon = solver.attempt(query);
    Answer answer = soon instanceof Answer.Unknown ? solver.solve(query) : soon;
    return note(query, answer) instanceof Answer.Unsat;
  }

  public Answer ask(Query query) {
    return note(query, solver.solve(query));
  }

  /**
   * The questions, in order, on whose answers what was concluded rests: those that have no model,
   * and those that nobody could answer in full. A model speaks for itself, and a path that is not
   * excluded is followed whatever it is.
   */
  public List<Query> restsOn() {
    return List.copyOf(rests);
  }

  @Override
  public boolean excluded(List<Term> conditions) {
    return ask(new Query("may the path go on like this", conditions)) instanceof Answer.Unsat;
  }

  @Override
  public boolean plainlyExcluded(List<Term> conditions) {
    Query query = new Query("may the path go on like this", conditions);
    if (recent.satisfies(query)) {
      return false; // a model is one, whatever it was found for
    }
    switch (solver.attempt(query)) {
      case Answer.Sat(Model model) -> recent = model;
      case Answer.Unsat _ -> {
        rests.add(query);
        return true;
      }
      case Answer.Unknown _ -> {}
    }
    return false;
  }

  private Answer note(Query query, Answer answer) {
    if (!(answer instanceof Answer.Sat)) {
      rests.add(query);
    }
    return answer;
  }
}
