package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern bundle inspect}. */
@CommandLine.Command(
    name = "inspect",
    header = "Shows what a bundle holds, and trusts none of it.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle inspect fw-to-nat.bundle"})
final class BundleInspectCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  // IOException

  BundleInspectCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("bundle inspect");
  }
}
