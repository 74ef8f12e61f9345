package dev.postern.cli;

import java.util.List;
import java.util.function.Function;

/** The subcommands there are, in the order help shows them. */
final class Subcommands {

  /**
   * One subcommand.
   *
   * @param make makes it; only the one that is asked for is made, for reading its annotations is a
   *     good part of a cold start
   */
  record Subcommand(String name, Function<Terminal, Command> make) {}

  static final List<Subcommand> ALL =
      List.of(
          new Subcommand("check", CheckCommand::new),
          new Subcommand("verify", VerifyCommand::new),
          new Subcommand("explain", ExplainCommand::new),
          new Subcommand("replay", ReplayCommand::new),
          new Subcommand("key", KeyCommand::new),
          new Subcommand("sign", SignCommand::new),
          new Subcommand("bundle", BundleCommand::new),
          new Subcommand("load", LoadCommand::new),
          new Subcommand("status", StatusCommand::new),
          new Subcommand("unload", UnloadCommand::new),
          new Subcommand("trust", TrustCommand::new),
          new Subcommand("cost", CostCommand::new),
          new Subcommand("audit", AuditCommand::new));

  private Subcommands() {}

  /** The one named, or all where the name is none of theirs: then help or an error is due. */
  static List<Subcommand> named(String name) {
    List<Subcommand> one = ALL.stream().filter(known -> known.name().equals(name)).toList();
    return one.isEmpty() ? ALL : one;
  }
}
