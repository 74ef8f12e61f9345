package dev.postern.signer.check;

import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.statement.Tool;
import java.util.List;

/**
 * A bundle whose signatures, digests and claims hold. Only {@link BundleChecker} makes one, so
 * having it is the proof.
 */
public final class CheckedBundle {

  private final String id;
  private final List<String> signers;
  private final Policy policy;
  private final Report report;
  private final Tool tool;
  private final Bytes plan;

  CheckedBundle(
      String id, List<String> signers, Policy policy, Report report, Tool tool, Bytes plan) {
    this.id = id;
    this.signers = List.copyOf(signers);
    this.policy = policy;
    this.report = report;
    this.tool = tool;
    this.plan = plan;
  }

  /** SHA-384 of the manifest, in lower-case hexadecimal. */
  public String id() {
    return id;
  }

  /** Ids of the keys that signed, sorted. */
  public List<String> signers() {
    return signers;
  }

  public Policy policy() {
    return policy;
  }

  public Report report() {
    return report;
  }

  /** Who verified. */
  public Tool tool() {
    return tool;
  }

  /** The signed install plan, canonical JSON; the loader compares it with its own. */
  public Bytes plan() {
    return plan;
  }

  /** Whether rules of the catalogue were left out of the verification. */
  public boolean partial() {
    return report.partial();
  }

  @Override
  public String toString() {
    return "CheckedBundle[" + id + "]";
  }
}
