package dev.postern.cli;

import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files a command writes: whole or not at all, in a directory that is there. */
final class OutputFiles {

  private OutputFiles() {}

  /** Asked before the work, so that a wrong name costs nothing. */
  static void requireDirectory(Path file) throws Failure {
    Path directory = AtomicFile.directoryOf(file);
    if (!Files.isDirectory(directory)) {
      throw Failure.badInput(file + ": no such directory as " + directory.getFileName());
    }
    if (Files.isDirectory(file)) {
      throw Failure.badInput(file + ": is a directory");
    }
  }

  static void write(Path file, byte[] content) throws IOException {
    AtomicFile.write(file, content, AtomicFile.SHARED);
  }
}
