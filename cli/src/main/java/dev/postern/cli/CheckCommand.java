package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern check}. */
@CommandLine.Command(
    name = "check",
    header = "Reads and resolves policies; shows every diagnostic with its place.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern check examples/vhost-tx/fw-to-nat.postern", "  postern check policies/"})
final class CheckCommand extends Command {

  @Parameters(
      arity = "1..*",
      paramLabel = "POLICY",
      description = "a policy, or a directory of them")
  private List<Path> policies = List.of();

  CheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    List<Path> files = PolicyFiles.named(policies);
    throw Failure.notAvailable("reading " + files.getFirst());
  }
}
