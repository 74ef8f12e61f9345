package dev.postern.loader.install;

import java.util.List;

/**
 * What was done.
 *
 * @param backend which installer
 * @param bundleId the bundle's id
 * @param steps each effect, in order, one sentence
 */
public record Receipt(
    String backend,
    String bundleId,
    String policySet,
    long version,
    String planSha256,
    List<String> steps) {
  public Receipt {
    steps = List.copyOf(steps);
  }
}
