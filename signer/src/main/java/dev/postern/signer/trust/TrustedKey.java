package dev.postern.signer.trust;

import dev.postern.signer.key.PinnedKey;
import java.time.Instant;
import java.util.Optional;

/**
 * A key and what is said of it.
 *
 * @param person whose it is: thresholds count persons
 * @param notAfter from when on its signatures do not count
 */
public record TrustedKey(PinnedKey key, String person, Optional<Instant> notAfter, State state) {

  /** Whether its signatures count. */
  public enum State {
    ACTIVE,
    /** Lost or stolen: nothing it signed counts, whenever it signed. */
    REVOKED
  }

  public String id() {
    return key.keyId();
  }
}
