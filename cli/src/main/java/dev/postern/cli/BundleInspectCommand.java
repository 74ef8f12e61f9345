package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.verifier.report.Layout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern bundle inspect}. */
@CommandLine.Command(
    name = "inspect",
    header = "Lists what a bundle holds, and vouches for none of it.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle inspect fw-to-nat.bundle"})
final class BundleInspectCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  BundleInspectCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    Bundle read;
    try {
      read = Bundle.read(BundleFiles.read(bundle));
    } catch (ArchiveException e) {
      throw Failure.badInput(bundle + ": not a bundle: " + e.getMessage());
    }
    terminal.line("bundle " + (read.id().isEmpty() ? "without manifest" : read.id()));
    for (Map.Entry<String, Bytes> member : read.members().entrySet()) {
      terminal.line(
          "%s  %8d  %s"
              .formatted(
                  member.getValue().sha256(),
                  member.getValue().size(),
                  Layout.visible(member.getKey())));
    }
    terminal.line("nothing of this is checked; hint: postern bundle check");
    return ExitStatus.OK;
  }
}
