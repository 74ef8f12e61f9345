package dev.postern.verifier;

import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Report.ViewVerdict;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.rule.Rules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * From findings to the answer: confinement and mediation of each protected view, and the outcome of
 * the whole.
 *
 * <p>A finding speaks of its own view; one about a VM's default view, or about no view, speaks of
 * all protected views of that VM, or of the policy. A run over a chosen subset of rules speaks of
 * those rules only. A complete run in which a rule of the catalogue is missing is unknown.
 */
final class Conclusion {

  private final Policy policy;
  private final Options options;
  private final List<RuleId> run;
  private final List<RuleId> missing;
  private final List<Finding> findings;

  /** What was said, by level and by the view it was said of. */
  private final Map<RuleId.Level, Map<String, Set<Verdict>>> verdicts;

  /** Whether all protected views of a machine are confined. */
  private final Map<String, Boolean> confined = new HashMap<>();

  /** The name of each machine's default view. */
  private final Map<String, String> defaultViews = new HashMap<>();

  private Conclusion(Policy policy, Options options, List<RuleId> run, List<Finding> findings) {
    this.policy = policy;
    this.options = options;
    this.run = run;
    this.missing = Rules.CATALOGUE.stream().filter(rule -> !run.contains(rule)).toList();
    this.findings = findings;
    this.verdicts =
        findings.stream()
            .collect(
                Collectors.groupingBy(
                    finding -> Findings.rule(finding).level(),
                    Collectors.groupingBy(
                        Finding::view, Collectors.mapping(Finding::verdict, Collectors.toSet()))));
    policy.views().stream()
        .filter(View::isDefault)
        .forEach(view -> defaultViews.putIfAbsent(view.vm(), view.name()));
  }

  /** What {@code findings} of the rules {@code run} on the policy of this digest amount to. */
  static Report of(
      Policy policy, String digest, Options options, List<RuleId> run, List<Finding> findings) {
    return new Conclusion(policy, options, run, findings).report(digest);
  }

  private Report report(String digest) {
    return new Report(
        policy.name(),
        policy.version(),
        digest,
        run.stream().map(RuleId::id).toList(),
        missing.stream().map(RuleId::id).toList(),
        outcome(),
        policy.views().stream()
            .filter(view -> !view.isDefault())
            .map(view ->
                new ViewVerdict(
                    view.name(), view.index(), lock(view), confinement(view), mediation(view)))
            .toList(),
        findings,
        Assumptions.of(policy));
  }

  /** A policy without a protected view holds nothing that could be wrong: that is no proof. */
  private Verdict outcome() {
    Verdict worst = worst(findings.stream().map(Finding::verdict).collect(Collectors.toSet()));
    if (worst != Verdict.REFUTED && policy.views().stream().allMatch(View::isDefault)) {
      return Verdict.UNKNOWN;
    }
    return switch (worst) {
      case REFUTED, UNKNOWN -> worst;
      case PROVED, WAIVED, NOT_CLAIMED ->
          options.subset() || missing.isEmpty() ? Verdict.PROVED : Verdict.UNKNOWN;
    };
  }

  private Verdict confinement(View view) {
    return level(view, RuleId.Level.CONFINEMENT);
  }

  /**
   * M needs C, of all views of the machine: its processor may switch to any of them, and what runs
   * in one that is not confined switches to the next. Mediation is then not proved.
   */
  private Verdict mediation(View view) {
    if (view.mediationNotClaimed().isPresent()) {
      return Verdict.NOT_CLAIMED;
    }
    Verdict own = level(view, RuleId.Level.MEDIATION);
    return own == Verdict.REFUTED || confined(view.vm()) ? own : Verdict.UNKNOWN;
  }

  private boolean confined(String vm) {
    return confined.computeIfAbsent(
        vm,
        name ->
            policy.viewsOf(name).stream()
                .filter(view -> !view.isDefault())
                .allMatch(view ->
                    switch (confinement(view)) {
                      case PROVED, WAIVED -> true;
                      case UNKNOWN -> options.subset() && !ran(RuleId.Level.CONFINEMENT);
                      case REFUTED, NOT_CLAIMED -> false;
                    }));
  }

  private Verdict level(View view, RuleId.Level level) {
    Map<String, Set<Verdict>> said = verdicts.getOrDefault(level, Map.of());
    Set<Verdict> spoken = new HashSet<>(said.getOrDefault("", Set.of()));
    spoken.addAll(said.getOrDefault(view.name(), Set.of()));
    spoken.addAll(said.getOrDefault(defaultViews.getOrDefault(view.vm(), ""), Set.of()));
    Verdict worst = worst(spoken);
    boolean incomplete =
        !options.subset() && missing.stream().anyMatch(rule -> rule.level() == level);
    return incomplete && worst != Verdict.REFUTED ? Verdict.UNKNOWN : worst;
  }

  private boolean ran(RuleId.Level level) {
    return run.stream().anyMatch(rule -> rule.level() == level);
  }

  /** Refuted before unknown before waived before proved; unknown where nothing was said. */
  private static Verdict worst(Set<Verdict> verdicts) {
    for (Verdict verdict :
        List.of(Verdict.REFUTED, Verdict.UNKNOWN, Verdict.WAIVED, Verdict.PROVED)) {
      if (verdicts.contains(verdict)) {
        return verdict;
      }
    }
    return Verdict.UNKNOWN;
  }

  private String lock(View view) {
    String kinds =
        policy.vm(view.vm()).stream()
            .flatMap(vm -> vm.lock().kinds().stream())
            .map(kind -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .sorted()
            .collect(Collectors.joining("+"));
    return kinds.isEmpty() ? "none" : kinds;
  }
}
