package dev.postern.verifier.rule;

import dev.postern.model.Location;
import dev.postern.model.RuleId;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * Something that must hold, before it is decided; each method below is one way to answer.
 *
 * @param discharges the O-numbers this obligation stands for, a subset of the rule's
 * @param view name of the view it is about; empty for the policy as a whole
 * @param subject what within it: a mapping, a slot, a control
 */
public record Obligation(
    RuleId rule, List<String> discharges, String view, String subject, Optional<Location> at) {

  public Obligation {
    discharges = List.copyOf(discharges);
    if (!rule.discharges().containsAll(discharges)) {
      throw new IllegalArgumentException(rule + " does not discharge all of " + discharges);
    }
  }

  public Finding proved(String message, Evidence evidence) {
    return finding(Verdict.PROVED, message, Optional.empty(), Optional.empty(), evidence);
  }

  public Finding refuted(String message, Counterexample attack, Evidence evidence) {
    return finding(Verdict.REFUTED, message, Optional.empty(), Optional.of(attack), evidence);
  }

  public Finding unknown(String message, String reason, Evidence evidence) {
    return finding(Verdict.UNKNOWN, message, Optional.of(reason), Optional.empty(), evidence);
  }

  /** The same obligation, about {@code place} of the policy. */
  public Obligation at(Location place) {
    return new Obligation(rule, discharges, view, subject, Optional.of(place));
  }

  private Finding finding(
      Verdict verdict,
      String message,
      Optional<String> reason,
      Optional<Counterexample> attack,
      Evidence evidence) {
    return new Finding(
        rule.id(),
        discharges,
        view,
        subject,
        verdict,
        message,
        reason,
        at,
        attack,
        Optional.of(evidence));
  }
}
