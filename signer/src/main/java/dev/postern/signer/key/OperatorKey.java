package dev.postern.signer.key;

import dev.postern.signer.cms.OperatorCertificate;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;

/** A private key and its certificate; the two belong together. */
public final class OperatorKey {

  private final ECPrivateKey privateKey;
  private final X509Certificate certificate;

  private OperatorKey(ECPrivateKey privateKey, X509Certificate certificate) {
    this.privateKey = privateKey;
    this.certificate = certificate;
  }

  /**
   * A fresh key.
   *
   * @param name common name of the certificate
   */
  public static OperatorKey generate(String name, Instant notBefore, Instant notAfter) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp384r1"));
      KeyPair pair = generator.generateKeyPair();
      ECPrivateKey privateKey = (ECPrivateKey) pair.getPrivate();
      ECPublicKey publicKey = (ECPublicKey) pair.getPublic();
      return new OperatorKey(
          privateKey,
          OperatorCertificate.issue(
              name, publicKey, privateKey, P384.identifier(publicKey), notBefore, notAfter));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK makes keys on secp384r1", e);
    }
  }

  /** A key and a certificate that were stored apart: refused unless they fit. */
  static OperatorKey of(ECPrivateKey privateKey, X509Certificate certificate) throws KeyException {
    P384.require(certificate.getPublicKey());
    if (!P384.isCurve(privateKey.getParams())) {
      throw new KeyException("not an ECDSA key on P-384");
    }
    try {
      byte[] probe = {1};
      Signature signature = Signature.getInstance("SHA384withECDSA");
      signature.initSign(privateKey);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(probe);
      if (!signature.verify(signed)) {
        throw new KeyException("the certificate is of another key");
      }
    } catch (GeneralSecurityException e) {
      throw new KeyException("the private key does not sign");
    }
    return new OperatorKey(privateKey, certificate);
  }

  /** SHA-256 of the SubjectPublicKeyInfo, in lower-case hexadecimal. */
  public String keyId() {
    return P384.keyId(certificate.getPublicKey());
  }

  /** What a signature calls the key: the certificate's subject key identifier. */
  public byte[] subjectKeyIdentifier() {
    return PinnedKey.subjectKeyIdentifier(certificate)
        .orElseGet(() -> P384.identifier(certificate.getPublicKey()));
  }

  public X509Certificate certificate() {
    return certificate;
  }

  /** For the signing code of this module. */
  public ECPrivateKey privateKey() {
    return privateKey;
  }

  @Override
  public String toString() {
    return "OperatorKey[" + keyId() + "]";
  }
}
