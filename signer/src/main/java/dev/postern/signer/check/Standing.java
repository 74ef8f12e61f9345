package dev.postern.signer.check;

/**
 * What is there of a policy set already.
 *
 * @param version the highest version ever taken
 * @param bundleId the bundle of that version: taking it again changes nothing
 */
public record Standing(long version, String bundleId) {}
