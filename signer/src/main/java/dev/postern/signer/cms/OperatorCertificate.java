package dev.postern.signer.cms;

import dev.postern.signer.key.KeyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;

/**
 * The self-issued X.509 certificate of an operator's key: a carrier for the key and its identifier,
 * in the form {@code openssl cms -verify} wants. Pinned, never chained.
 */
public final class OperatorCertificate {

  private OperatorCertificate() {}

  /**
   * Same arguments, same bytes.
   *
   * @param name common name
   * @param spki the public key
   * @param key signs, and says what the certificate's subject key identifier is
   */
  public static X509Certificate issue(
      String name, byte[] spki, CmsSigner.Key key, Instant notBefore, Instant notAfter)
      throws KeyException {
    X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, name).build();
    byte[] keyIdentifier = key.subjectKeyIdentifier();
    // Positive, and no two keys share it.
    BigInteger serial = new BigInteger(1, Arrays.copyOf(keyIdentifier, 16));
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            subject,
            serial,
            Date.from(notBefore),
            Date.from(notAfter),
            subject,
            SubjectPublicKeyInfo.getInstance(spki));
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
      builder.addExtension(
          Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier));
      Signer signer = new Signer(key);
      byte[] der = Cms.der(builder.build(signer).toASN1Structure());
      if (signer.failure.isPresent()) {
        throw signer.failure.get();
      }
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (IOException | CertificateException e) {
      throw new AssertionError("a certificate we build is well-formed", e);
    }
  }

  /** Bouncy Castle's view of a key. */
  private static final class Signer implements ContentSigner {
    private final CmsSigner.Key key;
    private final ByteArrayOutputStream signed = new ByteArrayOutputStream();
    private Optional<KeyException> failure = Optional.empty();

    Signer(CmsSigner.Key key) {
      this.key = key;
    }

    @Override
    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return Profile.of(key.algorithm()).signatureId();
    }

    @Override
    public OutputStream getOutputStream() {
      return signed;
    }

    @Override
    public byte[] getSignature() {
      try {
        return key.sign(signed.toByteArray());
      } catch (KeyException e) {
        failure = Optional.of(e); // The interface has no room for it.
        return new byte[0];
      }
    }
  }
}
