package dev.postern.verifier.smt.z3;

import java.time.Duration;

/**
 * When Z3 gives up on a query.
 *
 * @param resources Z3's own count of work, which is the same on every machine; 0 is no limit
 * @param wallClock a net under it, for a machine that stands still; answers that hit it do depend
 *     on the machine, and say so
 */
public record Z3Limits(int resources, Duration wallClock) {

  /** About ten seconds of hard bit-vector work on a machine of 2025, and two minutes. */
  public static final Z3Limits DEFAULT = new Z3Limits(50_000_000, Duration.ofMinutes(2));

  public Z3Limits {
    if (resources < 0 || !wallClock.isPositive() || wallClock.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("limits out of range: " + resources + ", " + wallClock);
    }
  }
}
