package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;

/** {@code postern trust}. */
@CommandLine.Command(
    name = "trust",
    header = "Says whom hosts trust: persons, thresholds, floors, what is revoked.",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = "  postern trust init --help")
final class TrustCommand extends Command {

  private final List<Command> subcommands;

  TrustCommand(Terminal terminal) {
    super(terminal);
    subcommands =
        List.of(
            new TrustInitCommand(terminal),
            new TrustRotateCommand(terminal),
            new TrustRevokeCommand(terminal),
            new TrustSignCommand(terminal),
            new TrustUpdateCommand(terminal),
            new TrustShowCommand(terminal));
  }

  @Override
  List<Command> subcommands() {
    return subcommands;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.badInput("a command is missing; hint: postern trust --help");
  }
}
