package dev.postern.signer.check;

import java.util.List;

/** The answer to whether a bundle is to be trusted. */
public sealed interface Check {

  /** It is. */
  record Trusted(CheckedBundle bundle) implements Check {}

  /** It is not: every reason of the first phase that found one. */
  record Refused(List<Refusal> refusals) implements Check {
    public Refused {
      refusals = List.copyOf(refusals);
      if (refusals.isEmpty()) {
        throw new IllegalArgumentException("a refusal has a reason");
      }
    }
  }
}
