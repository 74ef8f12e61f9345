package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern cost}. */
@CommandLine.Command(
    name = "cost",
    header = "Bounds the worst-case path of each gate.",
    description = "Not available in this build.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern cost"})
final class CostCommand extends Command {

  @Parameters(hidden = true, description = "whatever this command will take")
  private List<String> arguments = List.of();

  CostCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("cost needs the cycle model");
  }
}
