package dev.postern.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Command lines of a subcommand and operands alone (POSIX.1-2017, XBD 12.2). Such a line means the
 * same to any parser, so it is not given to picocli, which takes as long to set itself up as the
 * JVM does.
 */
final class Operands {

  private Operands() {}

  /**
   * The files that the words after the subcommand name. Empty if there is none, or where a word may
   * be something else: an option, {@code --}, one of picocli's {@code @files}, no path.
   */
  static Optional<List<Path>> of(String... arguments) {
    List<Path> operands = new ArrayList<>();
    for (int i = 1; i < arguments.length; i++) {
      String word = arguments[i];
      if (word.isEmpty() || word.charAt(0) == '-' || word.charAt(0) == '@') {
        return Optional.empty();
      }
      try {
        operands.add(Path.of(word));
      } catch (InvalidPathException e) {
        return Optional.empty();
      }
    }
    return operands.isEmpty() ? Optional.empty() : Optional.of(operands);
  }
}
