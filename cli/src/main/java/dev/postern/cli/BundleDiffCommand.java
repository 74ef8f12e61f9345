package dev.postern.cli;

import dev.postern.signer.ceremony.PolicyDifference;
import dev.postern.verifier.report.Layout;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern bundle diff}. */
@CommandLine.Command(
    name = "diff",
    header = "Lists all that is different between the policies of two bundles.",
    description = "What widens is marked with !: new pages, more permission, other code.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle diff installed.bundle fw-to-nat.bundle"})
final class BundleDiffCommand extends Command {

  @Parameters(index = "0", paramLabel = "BEFORE", description = "a bundle")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "AFTER", description = "another")
  private Path after = Path.of("");

  BundleDiffCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    var one = BundleFiles.claims(BundleFiles.read(before), terminal).policy();
    var other = BundleFiles.claims(BundleFiles.read(after), terminal).policy();
    for (PolicyDifference.Line line : PolicyDifference.between(one, other)) {
      terminal.line((line.wider() ? "! " : "  ") + Layout.visible(line.text()));
    }
    return ExitStatus.OK;
  }
}
