package dev.postern.cli;

import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Progress;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle status}. */
@CommandLine.Command(
    name = "status",
    header = "Says who has signed and who is still missing, by person.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle status fw-to-nat.bundle --trust trust.json"})
final class BundleStatusCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path file = Path.of("");

  @Option(names = "--trust", required = true, paramLabel = "FILE", description = "trust.json")
  private List<Path> trusted = List.of();

  @Option(
      names = "--assume-time",
      paramLabel = "MOMENT",
      description = "as of 2026-01-31T00:00:00Z and not of now")
  private Optional<String> moment = Optional.empty();

  BundleStatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    byte[] archive = BundleFiles.read(file);
    Trust trust = TrustSource.read(trusted);
    Occasion occasion = Occasion.at(Moments.now(moment));
    Progress progress = BundleChecker.progress(archive, trust, occasion);
    terminal.print(SignerText.of(progress.signers()));
    terminal.line(
        progress.persons().size()
            + " of "
            + progress.threshold()
            + " persons"
            + (progress.persons().isEmpty() ? "" : ": " + String.join(", ", progress.persons())));
    if (progress.postQuantum() > 0) {
      terminal.line("post-quantum signatures wanted: " + progress.postQuantum());
    }
    if (!progress.missing().isEmpty()) {
      terminal.line("can still sign: " + String.join(", ", progress.missing()));
    }
    return switch (BundleChecker.check(archive, trust, occasion)) {
      case Check.Trusted _ -> {
        terminal.line("complete");
        yield ExitStatus.OK;
      }
      case Check.Refused(List<Refusal> refusals) ->
          throw BundleFiles.notTrusted(refusals, terminal);
    };
  }
}
