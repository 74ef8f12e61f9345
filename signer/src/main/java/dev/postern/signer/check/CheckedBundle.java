package dev.postern.signer.check;

import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.statement.Tool;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A bundle whose signatures, digests and claims hold. Only {@link BundleChecker} makes one, so
 * having it is the proof.
 */
public final class CheckedBundle {

  private final String id;
  private final List<Signer> signers;
  private final Policy policy;
  private final Report report;
  private final Predicate.Said said;
  private final Bytes plan;

  CheckedBundle(
      String id,
      List<Signer> signers,
      Policy policy,
      Report report,
      Predicate.Said said,
      Bytes plan) {
    this.id = id;
    this.signers = List.copyOf(signers);
    this.policy = policy;
    this.report = report;
    this.said = said;
    this.plan = plan;
  }

  /** SHA-384 of the manifest, in lower-case hexadecimal. */
  public String id() {
    return id;
  }

  /** Ids of the keys that signed, sorted. */
  public List<Signer> signers() {
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
    return said.tool();
  }

  /** When and where it may be used; the checker has held them against trust and clock. */
  public Terms terms() {
    return said.terms();
  }

  /** Persons whose signatures count, sorted. */
  public SortedSet<String> persons() {
    SortedSet<String> persons = new TreeSet<>();
    signers.stream().filter(Signer::counts).forEach(signer -> persons.add(signer.person()));
    return persons;
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
