package dev.postern.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** Asks whoever signs to type the beginning of what they sign: a reader, not a reflex. */
final class Confirmation {

  /** Thirty-two bits: more than a habit types, and no more than a person reads aloud. */
  private static final int LEAST = 8;

  @Option(
      names = "--yes",
      description = "for machines: sign without asking; the signature says so, for all to see")
  private boolean yes;

  @Option(
      names = "--confirm",
      paramLabel = "PREFIX",
      description =
          "the first "
              + LEAST
              + " digits or more of the id, known from elsewhere; instead of typing")
  private Optional<String> prefix = Optional.empty();

  /** Returns whether nobody looked; fails unless somebody did or {@code --yes} was given. */
  boolean unattended(String id, Terminal terminal) throws Failure {
    if (yes) {
      return true;
    }
    String typed = prefix.isPresent() ? prefix.get() : ask(terminal);
    if (typed.length() < LEAST || !id.startsWith(typed)) {
      throw new Failure(
          ExitStatus.REFUTED,
          "'" + printable(typed) + "' is not the start of the id; nothing was signed");
    }
    return false;
  }

  private static String ask(Terminal terminal) throws Failure {
    terminal.flush();
    return terminal
        .answer("type the first " + LEAST + " digits of the id to sign: ")
        .orElseThrow(
            () -> Failure.badInput("nobody to ask at a terminal; hint: --confirm PREFIX, or --yes"))
        .strip();
  }

  private static String printable(String typed) {
    return typed.replaceAll("[^ -~]", "?");
  }
}
