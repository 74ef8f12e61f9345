package dev.postern.verifier.evidence;

import dev.postern.model.report.Report;
import dev.postern.verifier.gate.Known;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an audit came to.
 *
 * @param derived the report of the rules run again
 * @param objections everything wrong, in the order found; empty means the bundle's report stands
 * @param claims everything that had to be shown, in the order of file names
 * @param known what was known at each instruction behind a gate, by the gate's name
 * @param evidenceBytes size of all evidence
 * @param nanos time spent in the checker, by evidence file
 */
public record Audit(
    Report derived,
    List<Objection> objections,
    List<Claim> claims,
    Map<String, Known> known,
    long evidenceBytes,
    SortedMap<String, Long> nanos) {

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
    claims = List.copyOf(claims);
    known = Map.copyOf(known);
    nanos = Collections.unmodifiableSortedMap(new TreeMap<>(nanos));
  }

  /** Time spent in the checker. */
  public long checkerNanos() {
    return nanos.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Formulas refuted again. */
  public int proofs() {
    return count(Claim.Unsatisfiable.class);
  }

  /** Claims about maps checked. */
  public int witnesses() {
    return count(Claim.Maps.class);
  }

  /** Lists of encodings made again: of a mapping's pages, of a view's page edges. */
  public int listings() {
    return count(Claim.Sites.class);
  }

  private int count(Class<? extends Claim> kind) {
    return (int) claims.stream().filter(kind::isInstance).count();
  }

  public boolean stands() {
    return objections.isEmpty();
  }

  /** Whether all that is wrong is that evidence is not there. */
  public boolean unknown() {
    return !stands() && objections.stream().allMatch(o -> o.reason() == Reason.EVIDENCE_MISSING);
  }
}
