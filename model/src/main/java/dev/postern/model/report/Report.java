package dev.postern.model.report;

import java.util.List;

/**
 * The answer to a policy.
 *
 * @param sha256 digest of the policy's canonical JSON
 * @param rules rule ids that were run, in catalogue order
 * @param missing rule ids of the catalogue that were not run; not empty means the run is partial
 * @param outcome PROVED, REFUTED or UNKNOWN
 */
public record Report(
    String name,
    long version,
    String sha256,
    List<String> rules,
    List<String> missing,
    Verdict outcome,
    List<ViewVerdict> views,
    List<Finding> findings,
    List<Assumption> assumptions) {

  /** Per protected view, always both. */
  public record ViewVerdict(
      String name, int index, String lock, Verdict confinement, Verdict mediation) {}

  /** Something the host must hold for the proofs to mean anything. */
  public record Assumption(String id, String text) {}

  public Report {
    rules = List.copyOf(rules);
    missing = List.copyOf(missing);
    views = List.copyOf(views);
    findings = List.copyOf(findings);
    assumptions = List.copyOf(assumptions);
  }

  /** Whether rules of the catalogue were left out. */
  public boolean partial() {
    return !missing.isEmpty();
  }
}
