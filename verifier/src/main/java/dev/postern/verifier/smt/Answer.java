package dev.postern.verifier.smt;

/** What a {@link Solver} says of a {@link Query}. */
public sealed interface Answer {

  /** {@code model} satisfies the query; whoever hands this out has evaluated the query on it. */
  record Sat(Model model) implements Answer {}

  /** No assignment satisfies the query. */
  record Unsat() implements Answer {}

  /** The solver gave up: a limit, or a library that does not load. Never counts as an answer. */
  record Unknown(String reason) implements Answer {}
}
