package dev.postern.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program. */
public final class Main {

  private Main() {}

  public static void main(String... arguments) {
    System.exit(run(Terminal.system(System.getenv()), arguments));
  }

  /** Runs a command line and returns its exit status; what tests call. */
  static int run(Terminal terminal, String... arguments) {
    try {
      String subcommand = arguments.length == 0 ? "" : arguments[0];
      Subcommands.begin(subcommand, arguments);
      Optional<Command> plain = Subcommands.ofOperands(subcommand, terminal, arguments);
      int status =
          plain.isPresent()
              ? call(plain.get(), terminal, arguments)
              : parse(subcommand, terminal, arguments);
      terminal.clearProgress();
      terminal.flush();
      return status;
    } catch (Failure e) {
      terminal.error(e.line());
      return e.status().code();
    } catch (OutOfMemoryError _) {
      terminal.error("out of memory; hint: raise it with POSTERN_JAVA_OPTS=-Xmx4g");
      return ExitStatus.ENVIRONMENT.code();
    } catch (UnsatisfiedLinkError e) {
      terminal.error("the solver's native library does not load: " + e.getMessage());
      return ExitStatus.ENVIRONMENT.code();
    } catch (RuntimeException | Error e) {
      return bug(e, terminal, arguments);
    }
  }

  private static int call(Command command, Terminal terminal, String... arguments) {
    try {
      return command.call();
    } catch (Failure | IOException | RuntimeException e) {
      return failed(e, terminal, arguments);
    }
  }

  private static int parse(String subcommand, Terminal terminal, String... arguments)
      throws Failure {
    StringWriter help = new StringWriter();
    int status = commandLine(terminal, subcommand).setOut(new PrintWriter(help)).execute(arguments);
    terminal.print(help.toString());
    return status;
  }

  static CommandLine commandLine(Terminal terminal, String subcommand) {
    CommandLine commandLine = new CommandLine(new PosternCommand(terminal));
    for (Subcommands.Subcommand known : Subcommands.named(subcommand)) {
      Command command = known.make().apply(terminal);
      CommandLine line = new CommandLine(command);
      command.subcommands().forEach(line::addSubcommand);
      commandLine.addSubcommand(known.name(), line);
    }
    commandLine
        .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
        .setUsageHelpWidth(Terminal.WIDTH)
        .setExecutionExceptionHandler(
            (e, _, parsed) -> failed(e, terminal, parsed.originalArgs().toArray(String[]::new)))
        .setParameterExceptionHandler(usage(terminal));
    describeExits(commandLine);
    return commandLine;
  }

  private static void describeExits(CommandLine commandLine) {
    Map<String, String> exits = new LinkedHashMap<>();
    for (ExitStatus status : ExitStatus.values()) {
      exits.put(" " + status.code(), status.meaning());
    }
    commandLine
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit status:%n")
        .exitCodeList(exits);
    commandLine.getSubcommands().values().forEach(Main::describeExits);
  }

  private static IParameterExceptionHandler usage(Terminal terminal) {
    return (ParameterException e, String[] _) -> {
      String command = e.getCommandLine().getCommandSpec().qualifiedName();
      StringBuilder message = new StringBuilder(lowerCase(String.valueOf(e.getMessage())));
      if (e instanceof UnmatchedArgumentException unmatched
          && !unmatched.getSuggestions().isEmpty()) {
        message.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions()));
      }
      terminal.error(message.append("; hint: ").append(command).append(" --help").toString());
      return ExitStatus.BAD_INPUT.code();
    };
  }

  private static int failed(Exception e, Terminal terminal, String... arguments) {
    return switch (e) {
      case Failure failure -> {
        terminal.error(failure.line());
        yield failure.status().code();
      }
      case IOException failure -> {
        terminal.error(describe(failure));
        yield ExitStatus.ENVIRONMENT.code();
      }
      case UncheckedIOException failure -> {
        terminal.error("input or output failed: " + failure.getMessage());
        yield ExitStatus.ENVIRONMENT.code();
      }
      default -> bug(e, terminal, arguments);
    };
  }

  /** An I/O failure in the words of the person who named the file. */
  static String describe(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + ": no such file or directory";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case FileSystemException failed when failed.getReason() != null ->
          failed.getFile() + ": " + lowerCase(failed.getReason());
      default -> "input or output failed: " + e.getMessage();
    };
  }

  private static int bug(Throwable bug, Terminal terminal, String... arguments) {
    terminal.error(
        "this is a bug in Postern; please report it with " + CrashReport.write(bug, arguments));
    return ExitStatus.BUG.code();
  }

  private static String lowerCase(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
