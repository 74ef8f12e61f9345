package dev.postern.signer.check;

import dev.postern.signer.key.Algorithm;

/**
 * Whose signature verified.
 *
 * @param keyId the key
 * @param person whose it is
 * @param counts whether it counts towards the threshold: a key that is revoked, out of date or of
 *     another role does not
 * @param unattended whether the signature says that no person looked at what was signed
 */
public record Signer(
    String keyId, String person, Algorithm algorithm, boolean counts, boolean unattended) {}
