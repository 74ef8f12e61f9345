package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern trust}. */
@CommandLine.Command(
    name = "trust",
    header = "Manages whom this host trusts.",
    description = "Not available in this build.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern trust"})
final class TrustCommand extends Command {

  @Parameters(hidden = true, description = "whatever this command will take")
  private List<String> arguments = List.of();

  TrustCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("trust needs thresholds and rollback state");
  }
}
