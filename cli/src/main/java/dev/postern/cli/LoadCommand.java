package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern load}. */
@CommandLine.Command(
    name = "load",
    header = "Installs a bundle.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern load fw-to-nat.bundle --signer alice.crt --backend image --out image.bin"})
final class LoadCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(names = "--backend", required = true, paramLabel = "NAME", description = "image")
  private String backend = "";

  // IOException

  LoadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("load");
  }
}
