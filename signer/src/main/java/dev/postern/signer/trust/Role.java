package dev.postern.signer.trust;

import java.util.List;

/**
 * Who may do something together.
 *
 * @param threshold persons who must have signed
 * @param postQuantum how many of them with a key that a quantum computer leaves as it is
 * @param keys ids of the keys that count, sorted
 */
public record Role(int threshold, int postQuantum, List<String> keys) {

  /** Named as {@code trust.json} does. */
  public enum Name {
    /** Says what the next {@code trust.json} is. */
    ROOT,
    /** Says which bundle a host installs. */
    OPERATOR,
    /** Says that a verification took place; never enough to install. */
    CI
  }

  public Role {
    keys = List.copyOf(keys);
  }
}
