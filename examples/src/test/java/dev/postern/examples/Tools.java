package dev.postern.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Compilers and assemblers of this machine. */
final class Tools {

  private Tools() {}

  /** Whether {@code tool} is installed. */
  static boolean found(String tool) throws InterruptedException {
    return !output(tool, "--version").isEmpty();
  }

  /** The exit status. */
  static int run(Path directory, String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  /** What {@code command} prints; nothing if there is none, or it fails. */
  static String output(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? text : "";
    } catch (IOException absent) {
      return "";
    }
  }
}
