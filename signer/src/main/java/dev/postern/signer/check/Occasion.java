package dev.postern.signer.check;

import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a checker is told of the moment and the place.
 *
 * @param now the host's clock
 * @param policySet the only policy set that is wanted here
 * @param standing by policy set, what a bundle has to be newer than
 */
public record Occasion(
    Instant now, Optional<String> policySet, SortedMap<String, Standing> standing) {

  public Occasion {
    standing = Collections.unmodifiableSortedMap(new TreeMap<>(standing));
  }

  /** Any policy set, any version. */
  public static Occasion at(Instant now) {
    return new Occasion(now, Optional.empty(), new TreeMap<>());
  }

  public Occasion forPolicySet(String name) {
    return new Occasion(now, Optional.of(name), standing);
  }

  /** Where a bundle of this policy set stands already. */
  public Occasion after(String set, Standing there) {
    SortedMap<String, Standing> more = new TreeMap<>(standing);
    more.put(set, there);
    return new Occasion(now, policySet, more);
  }
}
