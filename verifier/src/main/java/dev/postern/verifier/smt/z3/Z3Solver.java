package dev.postern.verifier.smt.z3;

import com.microsoft.z3.BitVecNum;
import com.microsoft.z3.Context;
import com.microsoft.z3.Expr;
import com.microsoft.z3.Params;
import com.microsoft.z3.Statistics;
import com.microsoft.z3.Status;
import com.microsoft.z3.Version;
import com.microsoft.z3.Z3Exception;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Interpretation;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.SmtLib;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverDefect;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.Bits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Z3 by its Java binding. Each {@link #solve} has a context of its own, closed before it returns:
 * the answer depends on the query alone, and no native memory outlives the call.
 */
public final class Z3Solver implements Solver {

  private static final int SEED = 0;

  /** Resources for a quick answer: a slice of a page map takes a few thousand. */
  private static final int A_MOMENT = 200_000;

  /** Resources for an attempt: a tenth of a second or so. */
  private static final int A_GLANCE = 1_000_000;

  private final Z3Limits limits;
  private long queries;
  private long nanos;
  private long resources;

  public Z3Solver(Z3Limits limits) {
    this.limits = limits;
  }

  /**
   * The version of the library in use, such as {@code 4.14.1.0}; loads it.
   *
   * @throws UnsatisfiedLinkError if there is none for this machine
   */
  public static String version() {
    Z3Library.load();
    return Version.getString();
  }

  @Override
  public Answer solve(Query query) {
    queries++;
    return timed(() -> alone(query, limits.resources()), this::unavailable);
  }

  @Override
  public Answer attempt(Query query) {
    queries++;
    return timed(() -> alone(query, A_GLANCE), this::unavailable);
  }

  /**
   * One context for all, and Z3's incremental core, which is quick at easy queries and can lose
   * itself in hard ones; a query that takes it more than a moment is solved alone instead.
   */
  @Override
  public List<Answer> solveEach(List<Query> batch) {
    if (batch.isEmpty()) {
      return List.of(); // a context costs a millisecond or two
    }
    queries += batch.size();
    return timed(() -> together(batch), why -> Collections.nCopies(batch.size(), unavailable(why)));
  }

  private <A> A timed(Supplier<A> work, Function<UnsatisfiedLinkError, A> withoutLibrary) {
    long start = System.nanoTime();
    try {
      Z3Library.load();
      return work.get();
    } catch (UnsatisfiedLinkError e) {
      return withoutLibrary.apply(e);
    } finally {
      nanos += System.nanoTime() - start;
    }
  }

  private Answer unavailable(UnsatisfiedLinkError why) {
    return new Answer.Unknown("the Z3 library does not load: " + why.getMessage());
  }

  /**
   * By Z3's core for whatever logic, which answers most of our queries before the preprocessing of
   * its strategy for QF_BV is done; by that strategy where the core takes more than a moment.
   */
  private Answer alone(Query query, int resourceLimit) {
    Answer quick = by(Context::mkSimpleSolver, A_MOMENT, query);
    return quick instanceof Answer.Unknown
        ? by(context -> context.mkSolver("QF_BV"), resourceLimit, query)
        : quick;
  }

  private Answer by(
      Function<Context, com.microsoft.z3.Solver> core, int resourceLimit, Query query) {
    try (Context context = new Context()) {
      return new Session(context, core.apply(context), resourceLimit)
          .answers(List.of(query))
          .getFirst();
    }
  }

  private List<Answer> together(List<Query> batch) {
    List<Answer> answers;
    try (Context context = new Context()) {
      answers = new Session(context, context.mkSimpleSolver(), A_MOMENT).answers(batch);
    }
    for (int i = 0; i < answers.size(); i++) {
      if (answers.get(i) instanceof Answer.Unknown) {
        answers.set(i, alone(batch.get(i), limits.resources()));
      }
    }
    return answers;
  }

  @Override
  public SolverStatistics statistics() {
    return new SolverStatistics(queries, 0, queries, Duration.ofNanos(nanos), resources);
  }

  /** Nothing native is held between calls. */
  @Override
  public void close() {}

  /** One context and the expressions made in it. */
  private final class Session {
    private final com.microsoft.z3.Solver solver;
    private final Z3Algebra algebra;
    private final Interpretation<Expr<?>> translation;

    Session(Context context, com.microsoft.z3.Solver solver, int resourceLimit) {
      this.solver = solver;
      this.algebra = new Z3Algebra(context);
      this.translation =
          new Interpretation<>(
              algebra, variable -> algebra.variable(variable.name(), variable.width()));
      Params params = context.mkParams();
      params.add("random_seed", SEED);
      params.add("rlimit", resourceLimit);
      params.add("timeout", (int) limits.wallClock().toMillis());
      solver.setParameters(params);
    }

    List<Answer> answers(List<Query> batch) {
      List<Answer> answers = new ArrayList<>();
      for (Query query : batch) {
        answers.add(answer(query));
      }
      resources += resourcesOf(solver.getStatistics()); // counted from the context's beginning
      return answers;
    }

    @SuppressWarnings("unchecked") // varargs of a generic type, in the binding
    private Answer answer(Query query) {
      if (Thread.currentThread().isInterrupted()) {
        return new Answer.Unknown("interrupted");
      }
      solver.push();
      try {
        for (Term term : query.asserted()) {
          solver.add(algebra.bool(translation.of(term)));
        }
        Status status = solver.check();
        return switch (status) {
          case UNSATISFIABLE -> new Answer.Unsat();
          case SATISFIABLE -> new Answer.Sat(model(query));
          case UNKNOWN -> new Answer.Unknown("Z3 gave up: " + solver.getReasonUnknown());
        };
      } catch (Z3Exception e) {
        return new Answer.Unknown("Z3 failed: " + e.getMessage());
      } finally {
        solver.pop();
      }
    }

    /** Values for all variables of the query, checked by evaluating it. */
    private Model model(Query query) {
      com.microsoft.z3.Model found = solver.getModel();
      Map<Term.Variable, Bits> values = new LinkedHashMap<>();
      for (Term.Variable variable : query.variables()) {
        Expr<?> value = found.eval(translation.of(variable), true);
        values.put(variable, Bits.of(variable.width(), ((BitVecNum) value).getBigInteger()));
      }
      Model model = new Model(values);
      if (!model.satisfies(query)) {
        throw new SolverDefect(
            "Z3's model does not satisfy the query: %s%n%s".formatted(model, SmtLib.script(query)));
      }
      return model;
    }
  }

  private static long resourcesOf(Statistics statistics) {
    Statistics.Entry entry = statistics.get("rlimit count");
    return entry == null || !entry.isUInt() ? 0 : entry.getUIntValue();
  }
}
