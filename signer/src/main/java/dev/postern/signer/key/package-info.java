/**
 * Operators' keys: ECDSA P-384 as PKCS#8 encrypted under a passphrase, with a self-issued
 * certificate beside it. A key is known by its id, SHA-256 of its SubjectPublicKeyInfo. Passphrases
 * come from a terminal or a file descriptor and are wiped after use; tokens (PKCS#11) are not there
 * yet.
 */
@NullMarked
package dev.postern.signer.key;

import org.jspecify.annotations.NullMarked;
