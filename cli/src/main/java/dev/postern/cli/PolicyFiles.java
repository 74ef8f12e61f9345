package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  /**
   * The policies under a directory. A file that another one there includes, and that is no policy
   * by itself, is a part; any other file that does not compile is a policy with a mistake in it.
   */
  private static List<Path> under(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files =
          all.filter(file -> file.toString().endsWith(SUFFIX))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
    }
    Set<Path> included = new HashSet<>();
    Set<Path> failing = new HashSet<>();
    for (Path file : files) {
      Compilation compilation = PolicyCompiler.compile(file);
      if (compilation.policy().isEmpty()) {
        failing.add(file);
      }
      for (String read : compilation.texts().keySet()) {
        if (!same(Path.of(read)).equals(same(file))) {
          included.add(same(Path.of(read)));
        }
      }
    }
    return files.stream()
        .filter(file -> !failing.contains(file) || !included.contains(same(file)))
        .toList();
  }

  private static Path same(Path file) {
    return file.toAbsolutePath().normalize();
  }
}
