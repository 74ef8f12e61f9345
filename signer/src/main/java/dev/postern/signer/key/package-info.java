/**
 * Operators' keys: of five kinds ({@link dev.postern.signer.key.Algorithm}), as PKCS#8 encrypted
 * under a passphrase with a self-issued certificate beside it ({@link
 * dev.postern.signer.key.KeyFiles}), or on a PKCS#11 token ({@link dev.postern.signer.key.Token}).
 * A key is known by its id, SHA-256 of its SubjectPublicKeyInfo. Passphrases and PINs come from a
 * terminal or a file descriptor and are wiped after use.
 */
@NullMarked
package dev.postern.signer.key;

import org.jspecify.annotations.NullMarked;
