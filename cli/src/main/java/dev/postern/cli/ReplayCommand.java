package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern replay}. */
@CommandLine.Command(
    name = "replay",
    header = "Runs the counterexamples of a report on the concrete machine, step by step.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern replay report.json",
      "  postern verify bad.postern --format json --out report.json"
    })
final class ReplayCommand extends Command {

  @Parameters(paramLabel = "REPORT", description = "a report written by verify --format json")
  private Path report = Path.of("");

  ReplayCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    throw Failure.notAvailable("replaying " + report);
  }
}
