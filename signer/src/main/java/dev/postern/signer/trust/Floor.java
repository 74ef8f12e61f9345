package dev.postern.signer.trust;

/**
 * What of one policy set is too old to be taken.
 *
 * @param minEpoch security epochs below are refused: a whole class of bundles at once
 */
public record Floor(String policySet, long minVersion, long minEpoch) {}
