package dev.postern.bench.speed;

import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;

/** The least a program with this solver can do: load it, ask one 64-bit question, end. */
public final class BareSolver {

  private BareSolver() {}

  public static void main(String... arguments) {
    TermStore store = new TermStore();
    Term x = store.variable("x", 64);
    Term product = store.mul(x, store.add(x, store.constant(64, 1)));
    Query odd =
        Query.of(
            "x * (x + 1) is odd", store.eq(store.extract(product, 0, 0), store.constant(1, 1)));
    try (Z3Solver solver = new Z3Solver(Z3Limits.DEFAULT)) {
      if (!(solver.solve(odd) instanceof Answer.Unsat)) {
        throw new IllegalStateException("the product of neighbours is even");
      }
    }
  }
}
