package dev.postern.cli;

import java.util.List;
import picocli.CommandLine;

/** {@code postern key}. */
@CommandLine.Command(
    name = "key",
    header = "Makes signing keys.",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = "  postern key generate --help")
final class KeyCommand extends Command {

  private final List<Command> subcommands;

  KeyCommand(Terminal terminal) {
    super(terminal);
    subcommands = List.of(new KeyGenerateCommand(terminal));
  }

  @Override
  List<Command> subcommands() {
    return subcommands;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.badInput("a command is missing; hint: postern key --help");
  }
}
