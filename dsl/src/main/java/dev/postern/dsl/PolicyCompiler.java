package dev.postern.dsl;

import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.resolve.Resolver;
import dev.postern.dsl.resolve.Sources;
import dev.postern.model.Policy;
import java.nio.file.Path;
import java.util.Optional;

/** From a policy's file to its meaning: text, tree, policy. Each phase collects all its errors. */
public final class PolicyCompiler {

  private PolicyCompiler() {}

  /** Compiles the policy in {@code file}, reading what it includes from the file system. */
  public static Compilation compile(Path file) {
    return compile(file, SourceReader.FILES);
  }

  /** Compiles the policy in {@code file}, reading through {@code reader} only. */
  public static Compilation compile(Path file, SourceReader reader) {
    Diagnostics diagnostics = new Diagnostics();
    Sources sources = new Sources(reader, diagnostics);
    Optional<Policy> policy =
        sources.load(file).flatMap(document -> Resolver.resolve(document, sources, diagnostics));
    return new Compilation(policy, diagnostics.sorted(), sources.texts());
  }
}
