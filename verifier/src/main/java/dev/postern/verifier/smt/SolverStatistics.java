package dev.postern.verifier.smt;

import java.time.Duration;

/**
 * Counts since a {@link Solver} was made.
 *
 * @param queries asked
 * @param decidedEarly answered by simplification and facts alone
 * @param solverCalls that reached the solver behind, or for that solver itself, that it ran
 * @param solverTime wall clock in those calls
 * @param resources the solver's own measure of work, which does not depend on the machine
 */
public record SolverStatistics(
    long queries, long decidedEarly, long solverCalls, Duration solverTime, long resources) {

  public static final SolverStatistics NONE = new SolverStatistics(0, 0, 0, Duration.ZERO, 0);
}
