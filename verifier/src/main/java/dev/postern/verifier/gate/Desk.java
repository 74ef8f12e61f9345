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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One algebra, its names, and the solver to ask: what all terms about one landing and what follows
 * it have in common. Belongs to one thread at a time.
 */
public final class Desk implements Possibility {

  /** Of the compiled example's questions one model answers 28 of 98, three 42, eight 48. */
  private static final int REMEMBERED = 3;

  private final TermAlgebra algebra = new TermAlgebra();
  private final Explorer.Names names = new Explorer.Names();
  private final Solver solver;
  private final List<Query> rests = new ArrayList<>();

  /** The last models of paths, the newest first. */
  private final Deque<Model> recent = new ArrayDeque<>();

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

  /**
   * A path that a model of another one takes is not excluded: the next question is mostly about the
   * same path and one condition more, or one the other way.
   */
  @Override
  public boolean plainlyExcluded(List<Term> conditions) {
    Query query = new Query("may the path go on like this", conditions);
    if (recent.stream().anyMatch(model -> model.satisfies(query))) {
      return false;
    }
    Answer answer = solver.attempt(query);
    if (answer instanceof Answer.Sat(Model model)) {
      remember(model);
    } else if (answer instanceof Answer.Unsat) {
      rests.add(query);
    }
    return answer instanceof Answer.Unsat;
  }

  private void remember(Model model) {
    recent.addFirst(model);
    if (recent.size() > REMEMBERED) {
      recent.removeLast();
    }
  }

  private Answer note(Query query, Answer answer) {
    if (!(answer instanceof Answer.Sat)) {
      rests.add(query);
    }
    return answer;
  }
}
