package dev.postern.verifier.smt;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Answers what simplification and facts can answer, and asks the solver behind for the rest. That
 * solver is made on the first query that needs it, so a run that needs none loads none.
 */
public final class Prover implements Solver {

  private final Supplier<? extends Solver> factory;
  private Optional<Solver> behind = Optional.empty();
  private long queries;
  private long decidedEarly;

  public Prover(Supplier<? extends Solver> factory) {
    this.factory = factory;
  }

  @Override
  public Answer solve(Query query) {
    return decide(query, Solver::solve);
  }

  @Override
  public Answer attempt(Query query) {
    return decide(query, Solver::attempt);
  }

  private Answer decide(Query query, BiFunction<Solver, Query, Answer> how) {
    queries++;
    Answer answer =
        switch (Propagation.of(query)) {
          case Propagation.Decided(Answer early) -> {
            decidedEarly++;
            yield early;
          }
          case Propagation.Open(Query reduced, Propagation propagation) ->
              switch (how.apply(solverBehind(), reduced)) {
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
