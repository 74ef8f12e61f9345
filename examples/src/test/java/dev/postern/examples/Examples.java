package dev.postern.examples;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The policies of this directory. */
final class Examples {

  static final Path ROOT = Path.of(System.getProperty("postern.root", "..")).resolve("examples");

  private Examples() {}

  static Path file(String name) {
    return ROOT.resolve(name);
  }

  /** The policy in {@code name}, which has no errors. */
  static Policy policy(String name) {
    return compile(file(name));
  }

  static Policy compile(Path file) {
    Compilation compilation = PolicyCompiler.compile(file);
    return compilation
        .policy()
        .orElseThrow(() -> new AssertionError(file + ": " + compilation.diagnostics()));
  }

  /** Every policy that says what it expects, sorted. */
  static List<Path> expecting() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".postern"))
          .filter(file -> !file.startsWith(ROOT.resolve("target")))
          .filter(Examples::expects)
          .sorted()
          .toList();
    }
  }

  private static boolean expects(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.findFirst().map(line -> line.startsWith(Expectation.PREFIX)).orElse(false);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
