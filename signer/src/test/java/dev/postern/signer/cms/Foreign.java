package dev.postern.signer.cms;

import dev.postern.signer.Samples;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Hashtable;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSAttributeTableGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * A signer that is not ours: Bouncy Castle's general one, told to keep to the profile or to leave
 * it in one way. The provider is passed, never registered.
 */
final class Foreign {

  static final Provider BC = new BouncyCastleProvider();

  /** A key, its certificate, and how it signs. */
  final KeyPair pair;

  final X509CertificateHolder certificate;
  private final String signature;
  private final Provider provider;

  private Foreign(
      KeyPair pair, X509CertificateHolder certificate, String signature, Provider provider) {
    this.pair = pair;
    this.certificate = certificate;
    this.signature = signature;
    this.provider = provider;
  }

  /** Which attributes a message has. */
  enum Attributes {
    /** As the profile has them: contentType and messageDigest. */
    OURS,
    NONE,
    /** As Bouncy Castle adds them: signingTime and CMSAlgorithmProtection too. */
    DEFAULT
  }

  static Foreign key(String family, String signature) throws Exception {
    return key(family, signature, BC, BC, Samples.FROM, Samples.UNTIL, true);
  }

  static Foreign key(
      String family,
      String signature,
      Provider generates,
      Provider signs,
      Instant from,
      Instant until,
      boolean codeSigning)
      throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(family, generates);
    AlgorithmParameterSpec parameters =
        switch (family) {
          case "EC" -> new ECGenParameterSpec("secp384r1");
          case "RSA" -> new RSAKeyGenParameterSpec(3072, RSAKeyGenParameterSpec.F4);
          default -> null;
        };
    if (parameters != null) {
      generator.initialize(parameters);
    }
    KeyPair pair = generator.generateKeyPair();
    return new Foreign(
        pair,
        certificate(pair, pair, "CN=olga", "CN=olga", signature, signs, from, until, codeSigning),
        signature,
        signs);
  }

  /** The same key with a certificate that {@code root} issued. */
  Foreign issuedBy(Foreign root) throws Exception {
    return new Foreign(
        pair,
        certificate(
            pair,
            root.pair,
            "CN=leaf",
            "CN=olga",
            root.signature,
            root.provider,
            Samples.FROM,
            Samples.UNTIL,
            true),
        signature,
        provider);
  }

  private static X509CertificateHolder certificate(
      KeyPair subject,
      KeyPair issuer,
      String name,
      String issuerName,
      String signature,
      Provider signs,
      Instant from,
      Instant until,
      boolean codeSigning)
      throws Exception {
    byte[] id = MessageDigest.getInstance("SHA-256").digest(subject.getPublic().getEncoded());
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name(issuerName),
            new BigInteger(1, id),
            Date.from(from),
            Date.from(until),
            new X500Name(name),
            subject.getPublic());
    boolean root = subject.equals(issuer);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(root));
    builder.addExtension(
        Extension.keyUsage,
        true,
        new KeyUsage(
            KeyUsage.digitalSignature | (root ? KeyUsage.keyCertSign | KeyUsage.cRLSign : 0)));
    if (codeSigning) {
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
    }
    builder.addExtension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(id));
    return builder.build(
        new JcaContentSignerBuilder(signature).setProvider(signs).build(issuer.getPrivate()));
  }

  /** A detached message, DER; by several signers in that order. */
  static byte[] sign(byte[] content, Attributes attributes, boolean embed, Foreign... signers)
      throws Exception {
    CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
    for (Foreign signer : signers) {
      SignerInfoGeneratorBuilder builder =
          new SignerInfoGeneratorBuilder(
              new JcaDigestCalculatorProviderBuilder().setProvider(BC).build());
      CMSAttributeTableGenerator ours =
          parameters -> {
            AttributeTable all =
                new DefaultSignedAttributeTableGenerator().getAttributes(parameters);
            Hashtable<?, ?> kept = all.toHashtable();
            kept.remove(CMSAttributes.signingTime);
            kept.remove(CMSAttributes.cmsAlgorithmProtect);
            return new AttributeTable(kept);
          };
      switch (attributes) {
        case OURS -> builder.setSignedAttributeGenerator(ours);
        case NONE -> builder.setDirectSignature(true);
        case DEFAULT -> {}
      }
      generator.addSignerInfoGenerator(
          builder.build(
              new JcaContentSignerBuilder(signer.signature)
                  .setProvider(signer.provider)
                  .build(signer.pair.getPrivate()),
              signer.keyIdentifier()));
    }
    if (embed) {
      generator.addCertificates(
          new JcaCertStore(List.of(signers).stream().map(signer -> signer.certificate).toList()));
    }
    return generator
        .generate(
            new CMSProcessableByteArray(
                new ASN1ObjectIdentifier(ContentType.MANIFEST.oid()), content),
            false)
        .toASN1Structure()
        .getEncoded("DER");
  }

  byte[] keyIdentifier() {
    return SubjectKeyIdentifier.fromExtensions(certificate.getExtensions()).getKeyIdentifier();
  }

  byte[] spki() throws Exception {
    return certificate.getSubjectPublicKeyInfo().getEncoded("DER");
  }

  static void writePem(Path file, String label, byte[]... ders) throws Exception {
    StringBuilder pem = new StringBuilder();
    for (byte[] der : ders) {
      pem.append(pem(label, der));
    }
    Files.writeString(file, pem, StandardCharsets.US_ASCII);
  }

  static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  void writeCertificate(Path file) throws Exception {
    writePem(file, "CERTIFICATE", certificate.getEncoded());
  }
}
