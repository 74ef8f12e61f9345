package dev.postern.cli;

import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code postern trust init}. */
@CommandLine.Command(
    name = "init",
    header = "Writes the first trust.json. It is installed by hand, after comparing its id.",
    description = "A person may have several keys: thresholds count persons.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern trust init --out trust.json --root ruth=ruth.crt \\",
      "      --operator alice=alice.key.crt --operator bob=bob.crt --operator-threshold 2"
    })
final class TrustInitCommand extends Command {

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "the trust")
  private Path out = Path.of("");

  @Mixin private TrustChanges changes = new TrustChanges();

  TrustInitCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    OutputFiles.requireDirectory(out);
    if (Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.badInput(out + " exists; hint: postern trust rotate");
    }
    TrustDraft draft = new TrustDraft(Moments.now(Optional.empty()).plus(Duration.ofDays(365)));
    changes.apply(draft);
    Trust trust = draft.finish();
    OutputFiles.write(out, trust.write());
    terminal.print(TrustText.of(trust));
    terminal.line("wrote " + out);
    return ExitStatus.OK;
  }
}
