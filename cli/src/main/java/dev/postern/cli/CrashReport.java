package dev.postern.cli;

import dev.postern.verifier.evidence.DeepAudit;
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
      return write("postern-crash-", ".txt", text.toString());
    } catch (IOException _) {
      return bug.toString();
    }
  }

  /** Writes a question that we and another solver answer differently; returns the file's name. */
  static String write(DeepAudit.Disagreement question) throws IOException {
    return write(
        "postern-disagreement-",
        ".smt2",
        "; %s: refuted here, has a model for %s%n%s"
            .formatted(question.name(), question.peer(), question.script()));
  }

  private static String write(String prefix, String suffix, String text) throws IOException {
    Path file = Files.createTempFile(prefix, suffix);
    Files.writeString(file, text);
    return file.toString();
  }
}
