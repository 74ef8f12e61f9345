package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle check}. */
@CommandLine.Command(
    name = "check",
    header = "Checks every digest and signature of a bundle.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle check fw-to-nat.bundle --signer alice.crt"})
final class BundleCheckCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(
      names = "--signer",
      required = true,
      paramLabel = "FILE",
      description = "a certificate whose signature is required")
  private Path signer = Path.of("");

  // IOException

  BundleCheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("bundle check");
  }
}
