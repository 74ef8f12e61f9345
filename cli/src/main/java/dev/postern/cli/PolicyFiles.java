package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The policies a command line names. */
final class PolicyFiles {

  private static final String SUFFIX = ".postern";

  private PolicyFiles() {}

  /** Files as they are named; for a directory the policies under it, by name. */
  static List<Path> named(List<Path> places) throws Failure, IOException {
    List<Path> files = new ArrayList<>();
    for (Path place : places) {
      if (!Files.exists(place)) {
        throw Failure.badInput(place + ": no such file or directory");
      }
      if (!Files.isDirectory(place)) {
        files.add(place);
        continue;
      }
      List<Path> found = under(place);
      if (found.isEmpty()) {
        throw Failure.badInput(place + ": no " + SUFFIX + " file in this directory");
      }
      files.addAll(found);
    }
    return files;
  }

  private static List<Path> under(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(file -> file.toString().endsWith(SUFFIX))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }
}
