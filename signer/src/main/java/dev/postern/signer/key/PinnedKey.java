package dev.postern.signer.key;

import dev.postern.model.Bytes;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A public key its holder was told to trust, by certificate or by bare SubjectPublicKeyInfo. Of a
 * certificate only the key and its identifier count; how long a key is good for is said by {@code
 * trust.json}.
 *
 * @param spki SubjectPublicKeyInfo in DER
 * @param identifiers what a CMS message may call the key
 */
public record PinnedKey(Algorithm algorithm, Bytes spki, List<Bytes> identifiers) {

  private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
  private static final int OCTET_STRING = 0x04;
  private static final int LONGEST_IDENTIFIER = 64;

  public PinnedKey {
    identifiers = List.copyOf(identifiers);
  }

  /** A key that may be called by either usual identifier, and by those its certificates gave it. */
  public static PinnedKey of(Bytes spki, List<Bytes> further) throws KeyException {
    Algorithm algorithm = PublicKeys.require(spki.toArray());
    List<Bytes> identifiers = new ArrayList<>();
    identifiers.add(Bytes.of(PublicKeys.identifier(spki.toArray())));
    identifiers.add(Bytes.of(PublicKeys.rfc5280(algorithm, spki.toArray())));
    for (Bytes identifier : further) {
      if (identifier.size() == 0 || identifier.size() > LONGEST_IDENTIFIER) {
        throw new KeyException("a key identifier has 1 to " + LONGEST_IDENTIFIER + " bytes");
      }
      if (!identifiers.contains(identifier)) {
        identifiers.add(identifier);
      }
    }
    return new PinnedKey(algorithm, spki, identifiers);
  }

  static PinnedKey of(X509Certificate certificate) throws KeyException {
    return of(
        Bytes.of(certificate.getPublicKey().getEncoded()),
        subjectKeyIdentifier(certificate).map(Bytes::of).stream().toList());
  }

  /** SHA-256 of the SubjectPublicKeyInfo, in lower-case hexadecimal. */
  public String keyId() {
    return spki.sha256();
  }

  /** What a signature of ours calls it: as its certificate does, if that has a way of its own. */
  public Bytes name() {
    return identifiers.size() > 2 ? identifiers.get(2) : identifiers.getFirst();
  }

  /** The identifiers beyond the usual two. */
  public List<Bytes> furtherIdentifiers() {
    return identifiers.subList(2, identifiers.size());
  }

  /** The extension's value: an OCTET STRING in the OCTET STRING of every extension. */
  static Optional<byte[]> subjectKeyIdentifier(X509Certificate certificate) {
    byte[] extension = certificate.getExtensionValue(SUBJECT_KEY_IDENTIFIER);
    if (extension == null
        || extension.length < 5
        || extension.length > 4 + LONGEST_IDENTIFIER
        || extension[2] != OCTET_STRING
        || extension[3] != extension.length - 4) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOfRange(extension, 4, extension.length));
  }
}
