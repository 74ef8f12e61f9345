package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern sign}. */
@CommandLine.Command(
    name = "sign",
    header = "Signs a bundle.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern sign fw-to-nat.bundle --key alice.key --cert alice.crt"})
final class SignCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle, which gains a signature")
  private Path bundle = Path.of("");

  @Option(names = "--key", required = true, paramLabel = "FILE", description = "the private key")
  private Path key = Path.of("");

  @Option(
      names = "--cert",
      required = true,
      paramLabel = "FILE",
      description = "its X.509 certificate")
  private Path certificate = Path.of("");

  // IOException

  SignCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("sign");
  }
}
