package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern audit}. */
@CommandLine.Command(
    name = "audit",
    header = "Re-derives every obligation from a bundle's own bytes.",
    description = "Not available in this build.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern audit"})
final class AuditCommand extends Command {

  @Parameters(hidden = true, description = "whatever this command will take")
  private List<String> arguments = List.of();

  AuditCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("audit needs proof certificates");
  }
}
