package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern status}. */
@CommandLine.Command(
    name = "status",
    header = "Shows what is installed on this host.",
    description = "Not available in this build.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern status"})
final class StatusCommand extends Command {

  @Parameters(hidden = true, description = "whatever this command will take")
  private List<String> arguments = List.of();

  StatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("status needs the kvm backend");
  }
}
