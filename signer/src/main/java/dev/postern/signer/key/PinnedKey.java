package dev.postern.signer.key;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A public key its holder was told to trust, by certificate or by bare SubjectPublicKeyInfo. Of a
 * certificate only the key and its identifier count; how long a key is good for will be said by
 * {@code trust.json}.
 */
public final class PinnedKey {

  private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
  private static final int OCTET_STRING = 0x04;

  private final ECPublicKey key;
  private final List<byte[]> identifiers;

  private PinnedKey(ECPublicKey key, List<byte[]> identifiers) {
    this.key = key;
    this.identifiers = identifiers;
  }

  /** A key without certificate may be called by either usual identifier. */
  static PinnedKey of(ECPublicKey key) {
    return new PinnedKey(key, List.of(P384.identifier(key), rfc5280(key)));
  }

  static PinnedKey of(X509Certificate certificate) throws KeyException {
    ECPublicKey key = P384.require(certificate.getPublicKey());
    List<byte[]> identifiers = new ArrayList<>(of(key).identifiers);
    subjectKeyIdentifier(certificate).ifPresent(identifiers::add);
    return new PinnedKey(key, List.copyOf(identifiers));
  }

  public ECPublicKey key() {
    return key;
  }

  /** SHA-256 of the SubjectPublicKeyInfo, in lower-case hexadecimal. */
  public String keyId() {
    return P384.keyId(key);
  }

  /** What a CMS message may call the key. */
  public List<byte[]> identifiers() {
    return identifiers.stream().map(byte[]::clone).toList();
  }

  /** The extension's value: an OCTET STRING in the OCTET STRING of every extension. */
  static Optional<byte[]> subjectKeyIdentifier(X509Certificate certificate) {
    byte[] extension = certificate.getExtensionValue(SUBJECT_KEY_IDENTIFIER);
    if (extension == null
        || extension.length < 5
        || extension.length > 127
        || extension[2] != OCTET_STRING
        || extension[3] != extension.length - 4) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOfRange(extension, 4, extension.length));
  }

  /** RFC 5280 §4.2.1.2 (1): SHA-1 of the point. An identifier only, no security rests on it. */
  private static byte[] rfc5280(ECPublicKey key) {
    byte[] spki = key.getEncoded();
    // The point ends the structure: 04, x, y of 48 bytes each.
    byte[] point = Arrays.copyOfRange(spki, spki.length - 97, spki.length);
    try {
      return MessageDigest.getInstance("SHA-1").digest(point);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-1", e);
    }
  }
}
