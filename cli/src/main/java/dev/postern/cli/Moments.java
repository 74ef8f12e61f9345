package dev.postern.cli;

import dev.postern.signer.statement.Instants;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Moments on the command line. */
final class Moments {

  private Moments() {}

  static Instant parse(String text) throws Failure {
    return Instants.parse(text)
        .orElseThrow(
            () -> Failure.badInput("'" + text + "' is no moment; hint: 2026-01-31T00:00:00Z"));
  }

  /** The one given, or the clock's. */
  static Instant now(Optional<String> given) throws Failure {
    return given.isPresent() ? parse(given.get()) : Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  static Optional<Instant> optional(Optional<String> given) throws Failure {
    return given.isPresent() ? Optional.of(parse(given.get())) : Optional.empty();
  }
}
