package dev.postern.signer.statement;

import java.time.Instant;
import java.util.Optional;

/**
 * What whoever makes a bundle adds to what was proved: when and where it may be used. No clock
 * fills it in, so the same request gives the same bytes.
 *
 * @param securityEpoch raised when older bundles of the set are dangerous, not merely old
 * @param minLoader least {@link #LOADER} of a host that understands it
 * @param operators persons it asks for, where the host's own threshold is lower
 * @param supersedes id of the bundle it was compared with: where one of the set stands, it must be
 *     that one
 * @param trustVersion least version of the host's trust
 */
public record Terms(
    long securityEpoch,
    Optional<Instant> notBefore,
    Optional<Instant> expires,
    int minLoader,
    int operators,
    Optional<String> supersedes,
    long trustVersion) {

  /**
   * What this build understands; raised when a bundle can ask for something older builds ignore.
   */
  public static final int LOADER = 1;

  /** Nothing added. */
  public static final Terms NONE =
      new Terms(0, Optional.empty(), Optional.empty(), 1, 1, Optional.empty(), 0);

  public Terms {
    if (securityEpoch < 0 || minLoader < 1 || operators < 1 || trustVersion < 0) {
      throw new IllegalArgumentException("a term is out of range");
    }
    if (notBefore.isPresent() && expires.isPresent() && !notBefore.get().isBefore(expires.get())) {
      throw new IllegalArgumentException("it would expire before it begins");
    }
    if (supersedes.isPresent() && !supersedes.get().matches("[0-9a-f]{96}")) {
      throw new IllegalArgumentException("supersedes is not a bundle id");
    }
  }
}
