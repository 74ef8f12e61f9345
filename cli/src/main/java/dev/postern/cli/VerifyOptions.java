package dev.postern.cli;

import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.rule.Rules;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** How to verify, for every command that does. */
final class VerifyOptions {

  @Option(
      names = "--rule",
      paramLabel = "ID",
      split = ",",
      description = "only this rule; may be repeated. The report says that it is partial")
  private List<String> rules = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "for one obligation, like 500ms, 30s or 2m; what takes longer is unknown")
  private Optional<Duration> timeout = Optional.empty();

  @Option(names = "--jobs", paramLabel = "N", description = "threads; 1 unless given")
  private int jobs = Options.DEFAULT.jobs();

  /** Verifies, and says so to whoever watches when it takes long. */
  static Verifier.Verified verify(Policy policy, Options options, Terminal terminal) {
    try (Progress _ = Progress.of("verifying " + policy.name(), terminal)) {
      return Verifier.run(policy, options);
    }
  }

  Options options() throws Failure {
    if (jobs < 1) {
      throw Failure.badInput("--jobs takes a number from 1; hint: leave it out");
    }
    return new Options(only(), timeout.orElse(Options.DEFAULT.timeout()), jobs);
  }

  private Set<RuleId> only() throws Failure {
    Set<RuleId> only = EnumSet.noneOf(RuleId.class);
    for (String name : rules) {
      RuleId id =
          RuleId.of(name)
              .orElseThrow(() ->
                  Failure.badInput("no rule is called '" + name + "'; hint: postern explain list"));
      if (Rules.of(id).isEmpty()) {
        throw Failure.notAvailable("rule " + id);
      }
      only.add(id);
    }
    return only;
  }
}
