package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle create}. */
@CommandLine.Command(
    name = "create",
    header = "Verifies a policy and writes it, its code and the report as a bundle.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle create examples/vhost-tx/fw-to-nat.postern --out fw-to-nat.bundle"})
final class BundleCreateCommand extends Command {

  @Parameters(paramLabel = "POLICY", description = "the policy")
  private Path policy = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "the bundle")
  private Path out = Path.of("");

  // IOException

  BundleCreateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("bundle create");
  }
}
