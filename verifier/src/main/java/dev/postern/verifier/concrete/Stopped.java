package dev.postern.verifier.concrete;

/**
 * Thrown inside one instruction when an access or exception ends it; never leaves {@link
 * ConcreteMachine#step}.
 */
final class Stopped extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient Stop stop;

  Stopped(Stop stop) {
    super(null, null, false, false);
    this.stop = stop;
  }

  Stop stop() {
    return stop;
  }
}
