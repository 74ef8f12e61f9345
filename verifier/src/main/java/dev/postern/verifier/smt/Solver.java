package dev.postern.verifier.smt;

import java.util.List;

/** Decides queries. Belongs to one thread at a time. */
public interface Solver extends AutoCloseable {

  /** The same query always gets the same answer, save that a wall-clock limit may strike. */
  Answer solve(Query query);

  /**
   * Like {@link #solve}, and gives up soon: for a question whose answer saves work and decides
   * nothing.
   */
  default Answer attempt(Query query) {
    return solve(query);
  }

  /**
   * Answers many queries over common terms, in their order. Faster than one by one; an answer may
   * use what was learnt from queries before it.
   */
  List<Answer> solveEach(List<Query> batch);

  /** What this solver has done so far. */
  SolverStatistics statistics();

  /** Frees native memory. A closed solver answers no more. */
  @Override
  void close();
}
