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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Z3 by its Java binding. Each {@link #solve} has a context of its own, closed before it returns:
 * the answer depends on the query alone, and no native memory outlives the call.
 */
public final class Z3Solver implements Solver {

  private static final int SEED = 0;

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
    return solveEach(List.of(query)).getFirst();
  }

  @Override
  public List<Answer> solveEach(List<Query> batch) {
    queries += batch.size();
    long start = System.nanoTime();
    try {
      Z3Library.load();
      try (Context context = new Context(Map.of("model", "true"))) {
        return new Session(context).answers(batch);
      }
    } catch (UnsatisfiedLinkError e) {
      Answer none = new Answer.Unknown("the Z3 library does not load: " + e.getMessage());
      return batch.stream().map(query -> none).toList();
    } finally {
      nanos += System.nanoTime() - start;
    }
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
    private final Context context;
    private final Z3Algebra algebra;
    private final Interpretation<Expr<?>> translation;

    Session(Context context) {
      this.context = context;
      this.algebra = new Z3Algebra(context);
      this.translation =
          new Interpretation<>(
              algebra, variable -> algebra.variable(variable.name(), variable.width()));
    }

    List<Answer> answers(List<Query> batch) {
      com.microsoft.z3.Solver solver = context.mkSolver("QF_BV");
      Params params = context.mkParams();
      params.add("random_seed", SEED);
      params.add("rlimit", limits.resources());
      params.add("timeout", (int) limits.wallClock().toMillis());
      solver.setParameters(params);
      List<Answer> answers = new ArrayList<>();
      for (Query query : batch) {
        answers.add(answer(solver, query));
      }
      return answers;
    }

    @SuppressWarnings("unchecked") // varargs of a generic type, in the binding
    private Answer answer(com.microsoft.z3.Solver solver, Query query) {
      if (Thread.currentThread().isInterrupted()) {
        return new Answer.Unknown("interrupted");
      }
      solver.push();
      try {
        for (Term term : query.asserted()) {
          solver.add(algebra.bool(translation.of(term)));
        }
        Status status = solver.check();
        resources += resourcesOf(solver.getStatistics());
        return switch (status) {
          case UNSATISFIABLE -> new Answer.Unsat();
          case SATISFIABLE -> new Answer.Sat(model(solver, query));
          case UNKNOWN -> new Answer.Unknown("Z3 gave up: " + solver.getReasonUnknown());
        };
      } catch (Z3Exception e) {
        return new Answer.Unknown("Z3 failed: " + e.getMessage());
      } finally {
        solver.pop();
      }
    }

    /** Values for all variables of the query, checked by evaluating it. */
    private Model model(com.microsoft.z3.Solver solver, Query query) {
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
