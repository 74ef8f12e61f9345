package dev.postern.verifier.machine;

/** Receives the events of an exploration as they happen. */
@FunctionalInterface
public interface Watcher {

  /** What the exploration does next; events that end a path by their nature end it anyway. */
  enum Next {
    GO_ON,
    END_PATH,
    END_EXPLORATION
  }

  Next on(Event event);

  /** An instruction is about to be looked at, in the state of all paths that have met there. */
  default void at(State state) {}
}
