package dev.postern.signer.check;

import dev.postern.signer.trust.Trust;
import java.util.List;

/** The answer to whether a host may go on to the last version of a chain. */
public sealed interface TrustUpdate {

  /** It may; the same version if there was nothing newer. */
  record Updated(Trust trust) implements TrustUpdate {}

  /** It may not, and keeps what it has. */
  record Refused(List<Refusal> refusals) implements TrustUpdate {
    public Refused {
      refusals = List.copyOf(refusals);
    }
  }
}
