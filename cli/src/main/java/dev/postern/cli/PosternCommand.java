package dev.postern.cli;

import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code postern} itself. */
@CommandLine.Command(
    name = "postern",
    header = "Proves VMFUNC trampolines and the EPT views they enter, signs what was proved,",
    description = "and installs what was signed.%n",
    version = "postern " + Version.NUMBER,
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern verify examples/vhost-tx/fw-to-nat.postern",
      "  postern verify --help",
      "  postern explain landing-safe"
    })
final class PosternCommand extends Command {

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "show the version and exit")
  private boolean version;

  PosternCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    throw Failure.badInput("a command is missing; hint: postern --help");
  }
}
