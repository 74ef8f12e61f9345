package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a policy for a command: what is wrong with it is printed on the way. */
final class Compiled {

  private Compiled() {}

  static Compilation read(Path file, Terminal out) {
    Compilation compilation = PolicyCompiler.compile(file);
    out.diagnostics(DiagnosticText.of(compilation));
    return compilation;
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
