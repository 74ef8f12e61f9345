package dev.postern.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Standard output and standard error; the only class that prints.
 *
 * <p>Output is UTF-8 whatever the locale, so that the same report is the same bytes. A reader that
 * goes away ({@code | head}) is not an error; a disk that is full is one.
 */
final class Terminal {

  /** Columns a report fills, on a terminal or not: reports are compared and pasted. */
  static final int WIDTH = 80;

  private final OutputStream out;
  private final OutputStream err;
  private final boolean colour;
  private final boolean progress;
  private final StringBuilder results = new StringBuilder();
  private boolean readerGone;
  private boolean progressShown;

  /**
   * @param colour whether results may be coloured
   * @param progress whether standard error is a terminal someone watches
   */
  Terminal(OutputStream out, OutputStream err, boolean colour, boolean progress) {
    this.out = out;
    this.err = err;
    this.colour = colour;
    this.progress = progress;
  }

  /**
   * The process's own. The launcher tells by {@code -Dpostern.tty=} which of {@code 1} and {@code
   * 2} are terminals: the JDK's console cannot tell them apart.
   */
  static Terminal system(Map<String, String> environment) {
    String terminals = System.getProperty("postern.tty", "");
    boolean colourful =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    return new Terminal(
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        colourful && terminals.contains("1"),
        terminals.contains("2"));
  }

  /** Whether someone watches standard error. */
  boolean watched() {
    return progress;
  }

  boolean colour() {
    return colour;
  }

  /** Text of the answer, as it is. */
  void print(String text) throws Failure {
    results.append(text);
    if (results.length() > 1 << 16) {
      flush();
    }
  }

  /** A line of the answer. */
  void line(String text) throws Failure {
    print(text + "\n");
  }

  /** A line for standard error, after the answer so far. */
  void error(String text) {
    clearProgress();
    try {
      flush();
    } catch (Failure _) {
      // Reported when the command ends; this error is the earlier one and comes first.
    }
    toStandardError("postern: " + text + "\n");
  }

  /** Diagnostics, which have a form of their own. */
  void diagnostics(String text) {
    clearProgress();
    toStandardError(text);
  }

  /** Replaces the progress line, where someone watches. */
  synchronized void progress(String text) {
    if (progress) {
      toStandardError("\r\u001b[K" + text);
      progressShown = true;
    }
  }

  synchronized void clearProgress() {
    if (progressShown) {
      toStandardError("\r\u001b[K");
      progressShown = false;
    }
  }

  /** Asks for a secret without showing it; empty where nobody can be asked. */
  Optional<char[]> secret(String prompt) {
    return Optional.ofNullable(System.console())
        .filter(Console::isTerminal)
        .map(console -> console.readPassword("%s", prompt));
  }

  /** Asks a question; empty where nobody can be asked. */
  Optional<String> answer(String prompt) {
    return Optional.ofNullable(System.console())
        .filter(Console::isTerminal)
        .map(console -> console.readLine("%s", prompt));
  }

  /** Writes what is left. */
  void flush() throws Failure {
    byte[] bytes = results.toString().getBytes(StandardCharsets.UTF_8);
    results.setLength(0);
    if (readerGone || bytes.length == 0) {
      return;
    }
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      readerGone = true;
      if (!"Broken pipe".equals(e.getMessage())) {
        throw new Failure(
            ExitStatus.ENVIRONMENT, "cannot write to standard output: " + e.getMessage());
      }
    }
  }

  private void toStandardError(String text) {
    try {
      err.write(text.getBytes(StandardCharsets.UTF_8));
      err.flush();
    } catch (IOException _) {
      // Nobody is left to tell.
    }
  }
}
