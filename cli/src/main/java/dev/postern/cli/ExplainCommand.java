package dev.postern.cli;

import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern explain}. */
@CommandLine.Command(
    name = "explain",
    header = "Says what a rule proves, what it excludes and what it assumes.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern explain landing-safe", "  postern explain unknown-name"})
final class ExplainCommand extends Command {

  @Parameters(paramLabel = "RULE|CODE", description = "a rule id, or a diagnostic code")
  private String subject = "";

  ExplainCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.notAvailable("explaining " + subject);
  }
}
