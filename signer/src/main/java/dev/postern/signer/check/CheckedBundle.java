package dev.postern.signer.check;

import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
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

  private final Claims.Consistent claims;
  private final List<Signer> signers;
  private final Bytes plan;

  CheckedBundle(Claims.Consistent claims, List<Signer> signers, Bytes plan) {
    this.claims = claims;
    this.signers = List.copyOf(signers);
    this.plan = plan;
  }

  /** SHA-384 of the manifest, in lower-case hexadecimal. */
  public String id() {
    return claims.id();
  }

  /** Ids of the keys that signed, sorted. */
  public List<Signer> signers() {
    return signers;
  }

  /** What it says, as a person saw it before signing. */
  public Claims.Consistent claims() {
    return claims;
  }

  public Policy policy() {
    return claims.policy();
  }

  public Report report() {
    return claims.report();
  }

  /** Who verified. */
  public Tool tool() {
    return claims.said().tool();
  }

  /** When and where it may be used; the checker has held them against trust and clock. */
  public Terms terms() {
    return claims.said().terms();
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
    return report().partial();
  }

  @Override
  public String toString() {
    return "CheckedBundle[" + id() + "]";
  }
}
