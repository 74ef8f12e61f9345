package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;

/** {@code postern bundle}. */
@CommandLine.Command(
    name = "bundle",
    header = "Makes, shows, checks and carries bundles.",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = "  postern bundle create --help")
final class BundleCommand extends Command {

  private final List<Command> subcommands;

  BundleCommand(Terminal terminal) {
    super(terminal);
    subcommands =
        List.of(
            new BundleCreateCommand(terminal),
            new BundleInspectCommand(terminal),
            new BundleCheckCommand(terminal),
            new BundleDiffCommand(terminal),
            new BundleTbsCommand(terminal),
            new BundleAttachCommand(terminal),
            new BundleStatusCommand(terminal),
            new BundleExportCommand(terminal));
  }

  @Override
  List<Command> subcommands() {
    return subcommands;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.badInput("a command is missing; hint: postern bundle --help");
  }
}
