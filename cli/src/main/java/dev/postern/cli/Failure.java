package dev.postern.cli;

/** Ends a command with one line for the person who ran it. */
final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitStatus status;
  private final String line;

  Failure(ExitStatus status, String line) {
    super(line, null, false, false);
    this.status = status;
    this.line = line;
  }

  static Failure badInput(String message) {
    return new Failure(ExitStatus.BAD_INPUT, message);
  }

  /** For what is planned and not there: named and refused, never pretended. */
  static Failure notAvailable(String what) {
    return badInput("not available in this build: " + what);
  }

  ExitStatus status() {
    return status;
  }

  /** What to print. */
  String line() {
    return line;
  }
}
