package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code postern key generate}. */
@CommandLine.Command(
    name = "generate",
    header = "Makes an ECDSA P-384 signing key and its X.509 certificate.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern key generate --name alice --out alice"})
final class KeyGenerateCommand extends Command {

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BASE",
      description = "writes BASE.key and BASE.crt")
  private Path out = Path.of("");

  // IOException

  KeyGenerateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("key generate");
  }
}
