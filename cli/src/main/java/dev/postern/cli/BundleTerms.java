package dev.postern.cli;

import dev.postern.signer.check.Claims;
import dev.postern.signer.statement.Terms;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** When and where a bundle may be used. Nothing here has a default that depends on the clock. */
final class BundleTerms {

  @Option(
      names = "--epoch",
      paramLabel = "N",
      defaultValue = "0",
      description = "security epoch: raised when older bundles of the set are dangerous; 0")
  private long epoch;

  @Option(names = "--not-before", paramLabel = "MOMENT", description = "valid from then on")
  private Optional<String> notBefore = Optional.empty();

  @Option(
      names = "--expires",
      paramLabel = "MOMENT",
      description = "valid until then, as 2026-07-31T00:00:00Z; a trust may demand it")
  private Optional<String> expires = Optional.empty();

  @Option(
      names = "--operators",
      paramLabel = "N",
      defaultValue = "1",
      description = "persons who must sign, where the host's own threshold is lower")
  private int operators;

  @Option(
      names = "--supersedes",
      paramLabel = "BUNDLE",
      description = "the bundle this one takes the place of, recorded by its id")
  private Optional<Path> supersedes = Optional.empty();

  @Option(
      names = "--trust-version",
      paramLabel = "N",
      defaultValue = "0",
      description = "least version of the host's trust.json")
  private long trustVersion;

  Terms terms(Terminal terminal) throws Failure, IOException {
    Optional<String> before = Optional.empty();
    if (supersedes.isPresent()) {
      Claims.Consistent there = BundleFiles.claims(BundleFiles.read(supersedes.get()), terminal);
      before = Optional.of(there.id());
    }
    try {
      return new Terms(
          epoch,
          Moments.optional(notBefore),
          Moments.optional(expires),
          Terms.LOADER,
          operators,
          before,
          trustVersion);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
  }
}
