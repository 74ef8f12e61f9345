package dev.postern.cli;

import dev.postern.signer.check.Refusal;
import dev.postern.signer.check.TrustChecker;
import dev.postern.signer.check.TrustUpdate;
import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern trust update}. */
@CommandLine.Command(
    name = "update",
    header = "Goes on to the last version of a chain, if every link is signed as it must be.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern trust update trust.json next.chain"})
final class TrustUpdateCommand extends Command {

  @Parameters(index = "0", paramLabel = "TRUST", description = "trust.json, which is replaced")
  private Path file = Path.of("");

  @Parameters(index = "1", paramLabel = "CHAIN", description = "the chain")
  private Path chain = Path.of("");

  TrustUpdateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    Trust before = TrustSource.read(file);
    TrustUpdate update =
        TrustChecker.update(before, TrustChains.bytes(chain), Moments.now(Optional.empty()));
    return switch (update) {
      case TrustUpdate.Updated(Trust after) -> {
        if (after.version() != before.version()) {
          OutputFiles.write(file, after.write());
        }
        terminal.line("version " + before.version() + " -> " + after.version());
        terminal.line("trust " + after.id());
        yield ExitStatus.OK;
      }
      case TrustUpdate.Refused(List<Refusal> refusals) -> {
        refusals.forEach(refusal -> terminal.error("not trusted: " + refusal));
        throw new Failure(ExitStatus.NOT_TRUSTED, file + " stays as it is");
      }
    };
  }
}
