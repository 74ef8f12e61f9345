package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** Reads a policy for a command: what is wrong with it is printed on the way. */
final class Compiled {

  private record Begun(String word, CompletableFuture<Compilation> compilation) {}

  private static final AtomicReference<Optional<Begun>> BEGUN =
      new AtomicReference<>(Optional.empty());

  private Compiled() {}

  /**
   * Begins to read, on another processor, the first policy among the words of a command line that
   * nobody has made sense of yet. A word that turns out to be none was read in vain, and what went
   * wrong with it is not said.
   */
  static void begin(String... words) {
    Stream.of(words)
        .filter(word -> word.endsWith(".postern") && !word.startsWith("-"))
        .findFirst()
        .ifPresent(word -> BEGUN.set(Optional.of(new Begun(word, compilation(word)))));
  }

  private static CompletableFuture<Compilation> compilation(String word) {
    return CompletableFuture.supplyAsync(() -> PolicyCompiler.compile(Path.of(word)));
  }

  /** Whatever an earlier command line of this process began is not for this one. */
  static void forget() {
    BEGUN.set(Optional.empty());
  }

  static Compilation read(Path file, Terminal out) {
    Compilation compilation = begun(file).orElseGet(() -> PolicyCompiler.compile(file));
    out.diagnostics(DiagnosticText.of(compilation));
    return compilation;
  }

  /** Read once only: who asks again wants to know what the file holds then. */
  private static Optional<Compilation> begun(Path file) {
    return BEGUN
        .getAndSet(Optional.empty())
        .filter(begun -> begun.word().equals(file.toString()))
        .flatMap(begun ->
            begun.compilation().handle((read, failed) -> Optional.ofNullable(read)).join());
  }

  /** The policy in {@code file}, where a command needs exactly one. */
  static Policy one(Path file, Terminal out) throws Failure {
    Optional<Policy> policy = read(file, out).policy();
    if (policy.isEmpty()) {
      throw Failure.badInput(file + ": not a policy; see above");
    }
    return policy.get();
  }
}
