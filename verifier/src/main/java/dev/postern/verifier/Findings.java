package dev.postern.verifier;

import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Waiver;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.rule.Rule;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What happens to findings between the rules and the conclusion. */
final class Findings {

  private Findings() {}

  /**
   * All rules' findings, in rule order. A rule that says nothing about protected views is a bug.
   */
  static List<Finding> of(List<Rule> rules, Verification verification) {
    return verification.each(rules, rule -> answers(rule, verification)).stream()
        .flatMap(List::stream)
        .toList();
  }

  private static List<Finding> answers(Rule rule, Verification verification) {
    List<Finding> findings = rule.check(verification);
    List<View> owed =
        rule.id().level() == RuleId.Level.MEDIATION
            ? verification.mediatedViews()
            : verification.protectedViews();
    if (findings.isEmpty() && !owed.isEmpty()) {
      throw new IllegalStateException("rule " + rule.id() + " answers nothing");
    }
    return findings;
  }

  /** Drops mediation findings nobody claims, applies waivers, sorts. */
  static List<Finding> settle(List<Finding> findings, Policy policy) {
    Set<String> unclaimed =
        policy.views().stream()
            .filter(view -> !view.isDefault() && view.mediationNotClaimed().isPresent())
            .map(View::name)
            .collect(Collectors.toSet());
    return findings.stream()
        .filter(finding -> !(mediation(finding) && unclaimed.contains(finding.view())))
        .map(finding -> waived(finding, policy))
        .sorted(order(policy))
        .toList();
  }

  static RuleId rule(Finding finding) {
    return RuleId.of(finding.rule()).orElseThrow();
  }

  private static boolean mediation(Finding finding) {
    return rule(finding).level() == RuleId.Level.MEDIATION;
  }

  private static Finding waived(Finding finding, Policy policy) {
    Optional<Waiver> waiver =
        policy.waivers().stream().filter(w -> w.rule().equals(finding.rule())).findFirst();
    return switch (finding.verdict()) {
      case PROVED, WAIVED, NOT_CLAIMED -> finding;
      case REFUTED, UNKNOWN ->
          waiver.isEmpty()
              ? finding
              : new Finding(
                  finding.rule(),
                  finding.discharges(),
                  finding.view(),
                  finding.subject(),
                  Verdict.WAIVED,
                  finding.message(),
                  Optional.of(waiver.get().reason()),
                  finding.location(),
                  finding.counterexample(),
                  finding.evidence());
    };
  }

  /** By rule, then view as written, then subject: no order of computation gets out. */
  private static Comparator<Finding> order(Policy policy) {
    Map<String, Integer> places = new HashMap<>();
    policy.views().forEach(view -> places.putIfAbsent(view.name(), places.size()));
    return Comparator.comparing(Findings::rule)
        .thenComparingInt(finding -> places.getOrDefault(finding.view(), -1))
        .thenComparing(Finding::subject)
        .thenComparing(Finding::verdict)
        .thenComparing(Finding::message);
  }

  /** Carries every counterexample out again; one that does not do what it says is our bug. */
  static void replay(List<Finding> findings, Replayer replayer) {
    for (Finding finding : findings) {
      finding
          .counterexample()
          .filter(attack -> !replayer.replay(attack).confirmed())
          .ifPresent(attack -> {
            throw new Replay.Unconfirmed(
                finding.rule() + ": counterexample does not replay: " + attack);
          });
    }
  }
}
