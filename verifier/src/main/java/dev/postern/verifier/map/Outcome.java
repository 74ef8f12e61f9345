package dev.postern.verifier.map;

/** The answer to a {@link Question} about two maps. */
public sealed interface Outcome<V, W> {

  record Holds<V, W>(Witness witness) implements Outcome<V, W> {}

  record Violated<V, W>(Violation<V, W> violation) implements Outcome<V, W> {}
}
