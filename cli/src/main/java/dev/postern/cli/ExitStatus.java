package dev.postern.cli;

/** How a command ended. Scripts rely on the numbers; {@link #UNKNOWN} is never 0. */
enum ExitStatus {
  OK(0, "everything asked for holds"),
  REFUTED(1, "refuted, or a check failed; the reason is printed"),
  BAD_INPUT(2, "bad usage or bad input; diagnostics are printed"),
  UNKNOWN(3, "unknown: time-out, unmodelled instruction, rules not run, solver gave up"),
  NOT_TRUSTED(4, "not trusted: signature, digest, version, or this host refuses it"),
  ENVIRONMENT(5, "the environment failed: I/O, native library, kernel interface"),
  BUG(70, "a bug of Postern's; names the file with the details");

  private final int code;
  private final String meaning;

  ExitStatus(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  int code() {
    return code;
  }

  String meaning() {
    return meaning;
  }

  /** What a run over several inputs answers: bad input, then no, then unknown, then yes. */
  ExitStatus worst(ExitStatus other) {
    return severity() >= other.severity() ? this : other;
  }

  private int severity() {
    return switch (this) {
      case OK -> 0;
      case UNKNOWN -> 1;
      case REFUTED -> 2;
      case NOT_TRUSTED -> 3;
      case BAD_INPUT -> 4;
      case ENVIRONMENT -> 5;
      case BUG -> 6;
    };
  }
}
