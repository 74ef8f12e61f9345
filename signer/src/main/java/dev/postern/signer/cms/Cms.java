package dev.postern.signer.cms;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerIdentifier;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** The profile's one shape: everything in a message but the values that {@link #message} takes. */
public final class Cms {

  /**
   * eContentType: a bundle's manifest. Under 2.25 (a UUID), so it is nobody else's; being signed,
   * it keeps a signature made for another purpose from being taken for ours.
   */
  public static final String CONTENT_TYPE = "2.25.158395745663890229657832246591650333639";

  /** A message of this profile has about 300 bytes. */
  static final int MAX_BYTES = 4096;

  static final ASN1ObjectIdentifier MANIFEST = new ASN1ObjectIdentifier(CONTENT_TYPE);
  static final AlgorithmIdentifier SHA384 =
      new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha384);
  static final AlgorithmIdentifier ECDSA_SHA384 =
      new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA384);

  private Cms() {}

  /** The signed attributes: a SET OF, which DER sorts. */
  static ASN1Set attributes(byte[] digest, Optional<ASN1Primitive> signingTime) {
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(attribute(CMSAttributes.contentType, MANIFEST));
    attributes.add(attribute(CMSAttributes.messageDigest, new DEROctetString(digest)));
    signingTime.ifPresent(time -> attributes.add(attribute(CMSAttributes.signingTime, time)));
    return new DERSet(attributes);
  }

  /** The whole message. */
  static byte[] message(byte[] keyIdentifier, ASN1Set attributes, byte[] signature) {
    SignerInfo signer =
        new SignerInfo(
            new SignerIdentifier(new DEROctetString(keyIdentifier)),
            SHA384,
            attributes,
            ECDSA_SHA384,
            new DEROctetString(signature),
            null);
    SignedData signed =
        new SignedData(
            new DERSet(SHA384), new ContentInfo(MANIFEST, null), null, null, new DERSet(signer));
    return der(new ContentInfo(CMSObjectIdentifiers.signedData, signed));
  }

  static byte[] sha384(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-384").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-384", e);
    }
  }

  static byte[] der(ASN1Encodable value) {
    try {
      return value.toASN1Primitive().getEncoded(ASN1Encoding.DER);
    } catch (IOException e) {
      throw new AssertionError("encoding into memory does no I/O", e);
    }
  }

  private static Attribute attribute(ASN1ObjectIdentifier type, ASN1Encodable value) {
    return new Attribute(type, new DERSet(value));
  }
}
