package dev.postern.verifier;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import java.nio.file.Path;

/** Policies of the rules' corpus, for tests of what lies under the rules. */
public final class Corpus {

  private Corpus() {}

  /** A small policy that every rule proves: a hardened gate and 64 bytes copied. */
  public static Policy good() {
    return policy("gate-live/proved/comes-back");
  }

  /** The policy at {@code rules/NAME.postern}. */
  public static Policy policy(String name) {
    Compilation compilation =
        PolicyCompiler.compile(Path.of("src/test/resources/rules", name + ".postern"));
    return compilation
        .policy()
        .orElseThrow(() -> new AssertionError(name + ": " + compilation.diagnostics()));
  }
}
