package dev.postern.signer.check;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a checker is told of the moment and the place.
 *
 * @param now the host's clock
 * @param policySet the only policy set that is wanted here
 * @param above a bundle of an older or the same version is refused, unless it is {@code same}
 * @param same id of the bundle that has the version {@code above}: taking it again changes nothing
 */
public record Occasion(
    Instant now, Optional<String> policySet, OptionalLong above, Optional<String> same) {

  /** Any policy set, any version. */
  public static Occasion at(Instant now) {
    return new Occasion(now, Optional.empty(), OptionalLong.empty(), Optional.empty());
  }

  public Occasion forPolicySet(String name) {
    return new Occasion(now, Optional.of(name), above, same);
  }

  /** Where a bundle of this version and id stands already. */
  public Occasion after(long version, String id) {
    return new Occasion(now, policySet, OptionalLong.of(version), Optional.of(id));
  }
}
