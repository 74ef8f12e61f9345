package dev.postern.dsl;

import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.model.Policy;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What compiling a policy came to.
 *
 * @param policy the meaning; absent exactly where a diagnostic is an error
 * @param diagnostics everything found, by place
 * @param texts each policy file read, by the name locations have for it: what an excerpt is cut
 *     from
 */
public record Compilation(
    Optional<Policy> policy, List<Diagnostic> diagnostics, Map<String, String> texts) {

  public Compilation {
    diagnostics = List.copyOf(diagnostics);
    texts = Map.copyOf(texts);
  }
}
