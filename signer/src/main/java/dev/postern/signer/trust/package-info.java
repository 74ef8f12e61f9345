/**
 * Whom a host believes, and how far: {@code trust.json}, format {@code postern.trust/1}.
 *
 * <p>{@link dev.postern.signer.trust.Trust} is read strictly from bytes that somebody installed by
 * hand; every later version comes as a chain ({@link dev.postern.signer.trust.TrustChain}), each
 * version signed by the root threshold of the one before and by its own. Thresholds count persons,
 * never keys. No signing code behind it.
 */
@NullMarked
package dev.postern.signer.trust;

import org.jspecify.annotations.NullMarked;
