package dev.postern.verifier.access;

import dev.postern.model.Policy;
import java.util.Map;
import java.util.Optional;

/** A fact a policy states, looked up again in its words. */
public sealed interface Statement
    permits ViewStatement, GrantStatement, DoorbellStatement, PlatformStatement, LockStatement {

  /** What makes it true of the policy; empty where the policy does not say so. */
  Optional<String> read(Policy policy);

  /** How a counterexample's {@code start} writes it down. */
  Map<String, String> start();

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Statement> parse(Map<String, String> start) {
    return ViewStatement.parse(start)
        .or(() -> GrantStatement.parse(start))
        .or(() -> DoorbellStatement.parse(start))
        .or(() -> PlatformStatement.parse(start))
        .or(() -> LockStatement.parse(start));
  }
}
