package dev.postern.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** What we need to know about a bug of ours, in a file only its owner can read. */
final class CrashReport {

  private CrashReport() {}

  /** Writes it; returns the file's name, or the exception's where no file can be written. */
  static String write(Throwable bug, String... arguments) {
    StringWriter text = new StringWriter();
    try (PrintWriter lines = new PrintWriter(text)) {
      lines.println("java " + Runtime.version() + ", " + System.getProperty("os.name"));
      lines.println("arguments " + String.join(" ", arguments));
      bug.printStackTrace(lines);
    }
    try {
      Path file = Files.createTempFile("postern-crash-", ".txt");
      Files.writeString(file, text.toString());
      return file.toString();
    } catch (IOException _) {
      return bug.toString();
    }
  }
}
