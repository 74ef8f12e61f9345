package dev.postern.verifier.evidence;

import dev.postern.model.report.Report;
import java.util.List;

/**
 * What an audit came to.
 *
 * @param derived the report of the rules run again
 * @param objections everything wrong, in the order found; empty means the bundle's report stands
 * @param proofs formulas refuted again
 * @param witnesses claims about maps checked
 * @param listings views whose pages were listed again
 * @param evidenceBytes size of all evidence
 * @param checkerNanos time spent in the checker
 */
public record Audit(
    Report derived,
    List<Objection> objections,
    int proofs,
    int witnesses,
    int listings,
    long evidenceBytes,
    long checkerNanos) {

  /** Why something does not stand. */
  public enum Reason {
    /** The bundle has no evidence for what has to hold: unknown, not wrong. */
    EVIDENCE_MISSING,
    EVIDENCE_REFUSED,
    EVIDENCE_UNEXPECTED,
    OBLIGATION_DIFFERS,
    ANSWERS_MALFORMED,
    RULES_DIFFER,
    FINDINGS_DIFFER,
    ASSUMPTIONS_DIFFER,
    REPORT_DIFFERS,
    NOT_PROVED
  }

  /**
   * One thing wrong.
   *
   * @param subject a file, a rule or a finding
   */
  public record Objection(Reason reason, String subject, String detail) {
    @Override
    public String toString() {
      return subject + ": " + detail + " [" + reason + "]";
    }
  }

  public Audit {
    objections = List.copyOf(objections);
  }

  public boolean stands() {
    return objections.isEmpty();
  }

  /** Whether all that is wrong is that evidence is not there. */
  public boolean unknown() {
    return !stands() && objections.stream().allMatch(o -> o.reason() == Reason.EVIDENCE_MISSING);
  }
}
