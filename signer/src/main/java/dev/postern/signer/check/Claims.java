package dev.postern.signer.check;

import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.statement.Predicate;
import java.util.List;

/**
 * What a bundle says, whoever signed it: what a person looks at before signing. Nothing is
 * installed on the strength of it.
 */
public sealed interface Claims {

  /**
   * Files, digests, verdict and claims fit each other.
   *
   * @param id SHA-384 of the manifest
   */
  record Consistent(String id, Policy policy, Report report, Predicate.Said said)
      implements Claims {}

  /** They do not. */
  record Refused(List<Refusal> refusals) implements Claims {
    public Refused {
      refusals = List.copyOf(refusals);
    }
  }
}
