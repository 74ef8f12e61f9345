package dev.postern.cli;

import dev.postern.signer.trust.TrustChain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern trust show}. */
@CommandLine.Command(
    name = "show",
    header = "Says what a trust.json or a chain says, and vouches for none of it.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern trust show trust.json", "  postern trust show next.chain"})
final class TrustShowCommand extends Command {

  @Parameters(paramLabel = "FILE", description = "a trust.json or a chain")
  private Path file = Path.of("");

  TrustShowCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    byte[] bytes = TrustChains.bytes(file);
    if (bytes.length > 0 && bytes[0] == '{') {
      terminal.print(TrustText.of(TrustSource.read(file)));
      return ExitStatus.OK;
    }
    for (Map.Entry<Long, TrustChain.Link> link : TrustChains.read(file).links().entrySet()) {
      terminal.print(TrustText.of(TrustChains.trust(file, link.getKey(), link.getValue())));
      for (String key : link.getValue().signatures().keySet()) {
        terminal.line("  a signature in the name of " + key + ", not checked");
      }
    }
    return ExitStatus.OK;
  }
}
