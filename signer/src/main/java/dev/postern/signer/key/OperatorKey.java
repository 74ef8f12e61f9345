package dev.postern.signer.key;

import dev.postern.model.Bytes;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.OperatorCertificate;
import dev.postern.signer.cms.PrivateKey;
import dev.postern.signer.cms.SignatureCheck;
import java.security.cert.X509Certificate;
import java.time.Instant;

/** A private key, in a file or on a token, and its certificate; the two belong together. */
public final class OperatorKey implements CmsSigner.Key {

  /** What can sign: a key in memory, or one that never leaves its token. */
  interface Hand {
    byte[] sign(byte[] message) throws KeyException;

    byte[] signSha256(byte[] message) throws KeyException;

    /** PKCS#8 of the key, if it is one that can be had. */
    byte[] pkcs8() throws KeyException;
  }

  private final Hand hand;
  private final Algorithm algorithm;
  private final X509Certificate certificate;

  private OperatorKey(Hand hand, Algorithm algorithm, X509Certificate certificate) {
    this.hand = hand;
    this.algorithm = algorithm;
    this.certificate = certificate;
  }

  /**
   * A fresh key.
   *
   * @param name common name of the certificate
   */
  public static OperatorKey generate(
      String name, Algorithm algorithm, Instant notBefore, Instant notAfter) {
    PrivateKey.Pair pair = PrivateKey.generate(algorithm);
    try {
      return issue(name, pair.spki(), hand(pair.privateKey()), notBefore, notAfter);
    } catch (KeyException e) {
      throw new AssertionError("a key we made signs its certificate", e);
    }
  }

  /** A key and a certificate that were stored apart: refused unless they fit. */
  static OperatorKey of(byte[] pkcs8, X509Certificate certificate) throws KeyException {
    Algorithm algorithm = PublicKeys.require(certificate.getPublicKey().getEncoded());
    return of(hand(PrivateKey.read(pkcs8, algorithm)), certificate);
  }

  static OperatorKey of(Hand hand, X509Certificate certificate) throws KeyException {
    PinnedKey pinned = PinnedKey.of(certificate);
    byte[] probe = {1};
    if (!SignatureCheck.verifies(probe, hand.sign(probe), pinned)) {
      throw new KeyException("the certificate is of another key");
    }
    return new OperatorKey(hand, pinned.algorithm(), certificate);
  }

  /** Makes the certificate of a key that has none. */
  static OperatorKey issue(String name, Bytes spki, Hand hand, Instant notBefore, Instant notAfter)
      throws KeyException {
    Algorithm algorithm = PublicKeys.require(spki.toArray());
    CmsSigner.Key key =
        new CmsSigner.Key() {
          @Override
          public Algorithm algorithm() {
            return algorithm;
          }

          @Override
          public byte[] subjectKeyIdentifier() {
            return PublicKeys.identifier(spki.toArray());
          }

          @Override
          public byte[] sign(byte[] message) throws KeyException {
            return hand.sign(message);
          }
        };
    return of(hand, OperatorCertificate.issue(name, spki.toArray(), key, notBefore, notAfter));
  }

  /** SHA-256 of the SubjectPublicKeyInfo, in lower-case hexadecimal. */
  public String keyId() {
    return PublicKeys.keyId(certificate.getPublicKey().getEncoded());
  }

  @Override
  public Algorithm algorithm() {
    return algorithm;
  }

  /** What a signature calls the key: the certificate's subject key identifier. */
  @Override
  public byte[] subjectKeyIdentifier() {
    return PinnedKey.subjectKeyIdentifier(certificate)
        .orElseGet(() -> PublicKeys.identifier(certificate.getPublicKey().getEncoded()));
  }

  @Override
  public byte[] sign(byte[] message) throws KeyException {
    return hand.sign(message);
  }

  /** ECDSA with SHA-256, for DSSE. */
  public byte[] signSha256(byte[] message) throws KeyException {
    if (algorithm != Algorithm.ECDSA_P384) {
      throw new KeyException("only a key of " + Algorithm.ECDSA_P384.word() + " signs envelopes");
    }
    return hand.signSha256(message);
  }

  public X509Certificate certificate() {
    return certificate;
  }

  /** This key's public half, to be checked against. */
  public PinnedKey pinned() {
    try {
      return PinnedKey.of(certificate);
    } catch (KeyException e) {
      throw new AssertionError("the certificate was looked at when the key was read", e);
    }
  }

  byte[] pkcs8() throws KeyException {
    return hand.pkcs8();
  }

  @Override
  public String toString() {
    return "OperatorKey[" + keyId() + "]";
  }

  private static Hand hand(PrivateKey key) {
    return new Hand() {
      @Override
      public byte[] sign(byte[] message) {
        return key.sign(message);
      }

      @Override
      public byte[] signSha256(byte[] message) {
        return key.signSha256(message);
      }

      @Override
      public byte[] pkcs8() {
        return key.pkcs8();
      }
    };
  }
}
