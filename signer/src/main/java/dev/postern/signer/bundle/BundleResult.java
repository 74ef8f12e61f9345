package dev.postern.signer.bundle;

/** The answer to a request for a bundle. */
public sealed interface BundleResult {

  /** Unsigned, deterministic. */
  record Created(Bundle bundle) implements BundleResult {}

  /** Why there is none: one sentence, lower case. */
  record Refused(String reason) implements BundleResult {}
}
