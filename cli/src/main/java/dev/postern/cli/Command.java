package dev.postern.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A subcommand: what it does is {@link #run}; how it ended is the status it returns. */
abstract class Command implements Callable<Integer> {

  private final Terminal terminal;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  private boolean help;

  Command(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Does it. An {@link IOException} is the environment's failure and is told in one line. */
  abstract ExitStatus run(Terminal out) throws Failure, IOException;

  /** The commands under this one. */
  List<Command> subcommands() {
    return List.of();
  }

  @Override
  public final Integer call() throws Failure, IOException {
    return run(terminal).code();
  }
}
