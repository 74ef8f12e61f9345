package dev.postern.signer.cms;

import java.io.IOException;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerIdentifier;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/** The profile's one shape: everything in a message but the values these methods take. */
final class Cms {

  /** Signed attribute, value NULL: no person looked at what was signed. */
  static final ASN1ObjectIdentifier UNATTENDED =
      new ASN1ObjectIdentifier("2.25.87760796148042615847665285913950672018");

  private Cms() {}

  /** The signed attributes: a SET OF, which DER sorts. */
  static ASN1Set attributes(
      ContentType type, byte[] digest, Optional<ASN1Primitive> signingTime, boolean unattended) {
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(attribute(CMSAttributes.contentType, new ASN1ObjectIdentifier(type.oid())));
    attributes.add(attribute(CMSAttributes.messageDigest, new DEROctetString(digest)));
    signingTime.ifPresent(time -> attributes.add(attribute(CMSAttributes.signingTime, time)));
    if (unattended) {
      attributes.add(attribute(UNATTENDED, DERNull.INSTANCE));
    }
    return new DERSet(attributes);
  }

  /** The whole message. */
  static byte[] message(
      ContentType type,
      AlgorithmIdentifier digest,
      byte[] keyIdentifier,
      ASN1Set attributes,
      AlgorithmIdentifier algorithm,
      byte[] signature) {
    SignerInfo signer =
        new SignerInfo(
            new SignerIdentifier(new DEROctetString(keyIdentifier)),
            digest,
            attributes,
            algorithm,
            new DEROctetString(signature),
            null);
    SignedData signed =
        new SignedData(
            new DERSet(digest),
            new ContentInfo(new ASN1ObjectIdentifier(type.oid()), null),
            null,
            null,
            new DERSet(signer));
    return der(new ContentInfo(CMSObjectIdentifiers.signedData, signed));
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
