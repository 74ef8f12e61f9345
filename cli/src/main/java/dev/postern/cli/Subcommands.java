package dev.postern.cli;

import dev.postern.verifier.Verifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/** The subcommands there are, in the order help shows them. */
final class Subcommands {

  /**
   * One subcommand.
   *
   * @param make makes it; only the one that is asked for is made, for reading its annotations is a
   *     good part of a cold start
   * @param ofOperands makes it with its operands, for a line that has nothing else; where there is
   *     none, every line goes to the parser. Such a command's options have their fields' initial
   *     values for defaults, none that only the parser knows of
   * @param meanwhile what can begin on another processor while the command line is read
   */
  record Subcommand(
      String name,
      Function<Terminal, Command> make,
      Optional<BiFunction<Terminal, List<Path>, Command>> ofOperands,
      Consumer<String[]> meanwhile) {

    Subcommand(String name, Function<Terminal, Command> make) {
      this(name, make, Optional.empty(), _ -> {});
    }
  }

  static final List<Subcommand> ALL =
      List.of(
          new Subcommand("check", CheckCommand::new, Optional.of(CheckCommand::new), _ -> {}),
          new Subcommand(
              "verify",
              VerifyCommand::new,
              Optional.of(VerifyCommand::new),
              Subcommands::verification),
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
          new Subcommand("audit", AuditCommand::new),
          new Subcommand("diff", DiffCommand::new),
          new Subcommand("report", ReportCommand::new));

  private Subcommands() {}

  /** Begins what the subcommand will need. */
  static void begin(String name, String... arguments) {
    Compiled.forget();
    ALL.stream()
        .filter(known -> known.name().equals(name))
        .forEach(known -> known.meanwhile().accept(arguments));
  }

  private static void verification(String... arguments) {
    Verifier.prepare();
    Compiled.begin(arguments);
  }

  /** The subcommand, if it takes operands and the line has nothing else. */
  static Optional<Command> ofOperands(String name, Terminal terminal, String... arguments) {
    return ALL.stream()
        .filter(known -> known.name().equals(name))
        .findFirst()
        .flatMap(Subcommand::ofOperands)
        .flatMap(make -> Operands.of(arguments).map(files -> make.apply(terminal, files)));
  }

  /** The one named, or all where the name is none of theirs: then help or an error is due. */
  static List<Subcommand> named(String name) {
    List<Subcommand> one = ALL.stream().filter(known -> known.name().equals(name)).toList();
    return one.isEmpty() ? ALL : one;
  }
}
