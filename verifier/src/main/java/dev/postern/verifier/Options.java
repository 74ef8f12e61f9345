package dev.postern.verifier;

import dev.postern.model.RuleId;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * How to verify.
 *
 * @param rules only these; empty for all of the catalogue
 * @param timeout for one question to the solver
 * @param jobs threads, at least 1; the answer does not depend on it
 */
public record Options(Set<RuleId> rules, Duration timeout, int jobs) {

  /** Everything, on one thread, with a solver that may take ten seconds a question. */
  public static final Options DEFAULT = new Options(Set.of(), Duration.ofSeconds(10), 1);

  public Options {
    rules =
        Collections.unmodifiableSet(
            rules.isEmpty() ? EnumSet.noneOf(RuleId.class) : EnumSet.copyOf(rules));
    if (timeout.isNegative() || timeout.isZero() || jobs < 1) {
      throw new IllegalArgumentException("timeout and jobs must be positive");
    }
  }

  public Options withRules(Set<RuleId> only) {
    return new Options(only, timeout, jobs);
  }

  /** Whether the caller chose the rules; such a run speaks of those only. */
  public boolean subset() {
    return !rules.isEmpty();
  }
}
