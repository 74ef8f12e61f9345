package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern unload}. */
@CommandLine.Command(
    name = "unload",
    header = "Removes what is installed on this host.",
    description = "Not available in this build.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern unload"})
final class UnloadCommand extends Command {

  @Parameters(hidden = true, description = "whatever this command will take")
  private List<String> arguments = List.of();

  UnloadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("unload needs the kvm backend");
  }
}
