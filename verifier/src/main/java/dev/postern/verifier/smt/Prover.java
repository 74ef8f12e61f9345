package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Answers what simplification and facts can answer, and asks the solver behind for the rest. That
 * solver is made on the first query that needs it, so a run that needs none loads none.
 */
public final class Prover implements Solver {

  private final Supplier<? extends Solver> factory;
  private Optional<Solver> behind = Optional.empty();

  /**
   * Answers about {@linkplain Parts parts} of queries, renamed; what a part is answered depends on
   * nothing else.
   */
  private final Map<Set<Term>, Answer> solved = new HashMap<>();

  /** The same of what was asked at a glance, as they stand and renamed. */
  private final Map<Set<Term>, Answer> attempted = new HashMap<>();

  private long queries;
  private long decidedEarly;

  public Prover(Supplier<? extends Solver> factory) {
    this.factory = factory;
  }

  @Override
  public Answer solve(Query query) {
    return decide(query, this::inFull);
  }

  @Override
  public Answer attempt(Query query) {
    return decide(query, this::atAGlance);
  }

  /**
   * The part that the last claim is in, by itself: most claims are about the last few things that
   * happened on a path, and have no model whatever happened before. Where it has one, or may have
   * one, the whole is asked.
   */
  private Answer inFull(Query reduced, Propagation open) {
    List<Query> parts = Parts.of(reduced);
    Term claim = reduced.asserted().getLast();
    Query part = parts.stream().filter(p -> p.asserted().contains(claim)).findFirst().orElseThrow();
    Parts.Renamed renamed = Parts.renamed(part);
    boolean whole = parts.size() == 1;
    Answer answer = solved.get(renamed.key());
    if (answer == null) {
      answer = solverBehind().solve(whole ? reduced : renamed.query());
      solved.put(renamed.key(), answer);
      if (whole) {
        return answer;
      }
    }
    return answer instanceof Answer.Unsat ? answer : solverBehind().solve(reduced);
  }

  /** Each part, the last first. */
  private Answer atAGlance(Query reduced, Propagation propagation) {
    Map<Term.Variable, Bits> values = new LinkedHashMap<>();
    Optional<Answer> unknown = Optional.empty();
    for (Query part : Parts.of(reduced).reversed()) {
      switch (attempt(part, propagation)) {
        case Answer.Unsat unsat -> {
          return unsat;
        }
        case Answer.Sat(Model model) -> values.putAll(model.values());
        case Answer.Unknown gaveUp -> unknown = Optional.of(gaveUp);
      }
    }
    return unknown.orElseGet(() -> new Answer.Sat(new Model(values)));
  }

  private Answer attempt(Query part, Propagation propagation) {
    Answer known = attempted.get(Set.copyOf(part.asserted()));
    if (known != null) {
      return known;
    }
    Answer answer = attemptAnew(part, propagation);
    attempted.put(Set.copyOf(part.asserted()), answer);
    return answer;
  }

  private Answer attemptAnew(Query part, Propagation propagation) {
    Optional<Model> model = propagation.search(part);
    if (model.isPresent()) {
      return new Answer.Sat(model.get());
    }
    Parts.Renamed renamed = Parts.renamed(part);
    Answer answer = attempted.get(renamed.key());
    if (answer == null) {
      answer = solverBehind().attempt(renamed.query());
      attempted.put(renamed.key(), answer);
    }
    return renamed.translated(answer);
  }

  private Answer decide(Query query, BiFunction<Query, Propagation, Answer> how) {
    queries++;
    Answer answer =
        switch (Propagation.of(query)) {
          case Propagation.Decided(Answer early) -> {
            decidedEarly++;
            yield early;
          }
          case Propagation.Open(Query reduced, Propagation propagation) ->
              switch (how.apply(reduced, propagation)) {
                case Answer.Sat(Model model) -> new Answer.Sat(propagation.complete(model));
                case Answer.Unsat unsat -> unsat;
                case Answer.Unknown unknown -> unknown;
              };
        };
    if (answer instanceof Answer.Sat(Model model) && !model.satisfies(query)) {
      throw new SolverDefect(
          "a model does not satisfy its query: %s%n%s".formatted(model, SmtLib.script(query)));
    }
    return answer;
  }

  @Override
  public List<Answer> solveEach(List<Query> batch) {
    return batch.stream().map(this::solve).toList();
  }

  private Solver solverBehind() {
    if (behind.isEmpty()) {
      behind = Optional.of(factory.get());
    }
    return behind.get();
  }

  @Override
  public SolverStatistics statistics() {
    SolverStatistics inner = behind.map(Solver::statistics).orElse(SolverStatistics.NONE);
    return new SolverStatistics(
        queries, decidedEarly, inner.solverCalls(), inner.solverTime(), inner.resources());
  }

  @Override
  public void close() {
    behind.ifPresent(Solver::close);
    behind = Optional.empty();
  }
}
