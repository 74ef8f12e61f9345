package dev.postern.verifier.smt;

/**
 * A solver contradicted evaluation or another engine: a bug in it or in us, and no verdict can be
 * given. The message holds what is needed to see it again.
 */
public final class SolverDefect extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  public SolverDefect(String message) {
    super(message);
  }
}
