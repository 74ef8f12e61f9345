package dev.postern.model.report;

import dev.postern.model.Location;
import java.util.List;
import java.util.Optional;

/**
 * One obligation's answer.
 *
 * @param rule stable rule id
 * @param discharges O-numbers of the security model
 * @param view name of the view it is about; empty for the policy as a whole
 * @param subject what within it: a mapping, "trampoline+0x47", a slot
 * @param message one sentence, lower case
 * @param reason for unknown and waived
 */
public record Finding(
    String rule,
    List<String> discharges,
    String view,
    String subject,
    Verdict verdict,
    String message,
    Optional<String> reason,
    Optional<Location> location,
    Optional<Counterexample> counterexample,
    Optional<Evidence> evidence) {

  public Finding {
    discharges = List.copyOf(discharges);
    if ((verdict == Verdict.UNKNOWN || verdict == Verdict.WAIVED) && reason.isEmpty()) {
      throw new IllegalArgumentException(rule + ": " + verdict + " needs a reason");
    }
    if (verdict == Verdict.REFUTED && counterexample.isEmpty()) {
      throw new IllegalArgumentException(rule + ": refuted needs a counterexample");
    }
  }
}
