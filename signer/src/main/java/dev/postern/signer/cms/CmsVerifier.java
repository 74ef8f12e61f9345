package dev.postern.signer.cms;

import dev.postern.signer.cms.CmsException.Kind;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.ASN1UTCTime;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;

/**
 * Checks one detached message against one pinned key.
 *
 * <p>Steps: bound the nesting and demand definite DER lengths ({@link Der}) before a general parser
 * sees the bytes; take the free values out (key identifier, signing time, signature); build the
 * message of the profile from them and compare all bytes; verify with the JDK. The comparison is
 * what refuses BER, trailing bytes, further signers, embedded certificates, unsigned attributes,
 * other algorithms, repeated and unsorted attributes; the steps before it only give the reason a
 * better name.
 */
public final class CmsVerifier {

  private CmsVerifier() {}

  /**
   * Returns if {@code message} is a signature of {@code key} over {@code content}.
   *
   * @param key a P-384 key
   * @param keyIdentifiers what the message may call it
   */
  public static void verify(
      byte[] message, byte[] content, PublicKey key, List<byte[]> keyIdentifiers)
      throws CmsException {
    if (content.length == 0 || content[0] != '{') {
      // A DER SET of attributes offered as content starts with 31 (the stripped-attributes
      // forgery).
      throw new CmsException(Kind.INVALID, "the content is not a JSON object");
    }
    FreeValues values = freeValues(message);
    ASN1Set expected = Cms.attributes(values.digest, values.signingTime);
    if (!Arrays.equals(message, Cms.message(values.identifier, expected, values.signature))) {
      throw profile("differs from the profile's encoding of the same values");
    }
    if (keyIdentifiers.stream().noneMatch(known -> Arrays.equals(known, values.identifier))) {
      throw new CmsException(Kind.SIGNER, "names another key");
    }
    if (!MessageDigest.isEqual(values.digest, Cms.sha384(content))) {
      throw new CmsException(Kind.INVALID, "is about other content");
    }
    if (!verifies(Cms.der(expected), values.signature, key)) {
      throw new CmsException(Kind.INVALID, "the signature does not verify");
    }
  }

  /** What a message of the profile is free to say. */
  private static final class FreeValues {
    final byte[] identifier;
    final byte[] digest;
    final Optional<ASN1Primitive> signingTime;
    final byte[] signature;

    FreeValues(SignerInfo signer, ASN1Set attributes) throws CmsException {
      identifier = CmsVerifier.identifier(signer);
      digest = CmsVerifier.digest(attributes);
      signingTime = CmsVerifier.signingTime(attributes);
      signature = signer.getEncryptedDigest().getOctets();
    }
  }

  /**
   * Everything that asks Bouncy Castle stands here: it reads lazily, so each step may be the one
   * that meets what it cannot read.
   */
  private static FreeValues freeValues(byte[] message) throws CmsException {
    if (message.length > Cms.MAX_BYTES) {
      throw profile("larger than " + Cms.MAX_BYTES + " bytes");
    }
    Der.requireBounded(message);
    try {
      ContentInfo outer = ContentInfo.getInstance(ASN1Primitive.fromByteArray(message));
      if (outer == null || !CMSObjectIdentifiers.signedData.equals(outer.getContentType())) {
        throw profile("not SignedData");
      }
      SignedData signed = SignedData.getInstance(outer.getContent());
      if (signed == null || signed.getEncapContentInfo() == null) {
        throw profile("SignedData is empty");
      }
      if (!Cms.MANIFEST.equals(signed.getEncapContentInfo().getContentType())) {
        throw profile(
            "eContentType "
                + signed.getEncapContentInfo().getContentType()
                + " is not a bundle's manifest");
      }
      if (signed.getEncapContentInfo().getContent() != null) {
        throw profile("carries its content: not detached");
      }
      if (signed.getCertificates() != null || signed.getCRLs() != null) {
        throw profile("carries certificates or CRLs");
      }
      if (signed.getSignerInfos().size() != 1) {
        throw profile(signed.getSignerInfos().size() + " signers, not one");
      }
      SignerInfo signer = SignerInfo.getInstance(signed.getSignerInfos().getObjectAt(0));
      if (signer.getUnauthenticatedAttributes() != null) {
        throw profile("unsigned attributes");
      }
      if (!Cms.SHA384.equals(signer.getDigestAlgorithm())
          || !Cms.ECDSA_SHA384.equals(signer.getDigestEncryptionAlgorithm())) {
        throw profile("algorithms are not SHA-384 and ECDSA");
      }
      ASN1Set attributes = signer.getAuthenticatedAttributes();
      if (attributes == null) {
        throw profile("no signed attributes");
      }
      return new FreeValues(signer, attributes);
    } catch (IOException
        | IllegalArgumentException
        | IllegalStateException
        | IndexOutOfBoundsException
        | ClassCastException
        | NoSuchElementException e) {
      // What Bouncy Castle throws on structures it cannot read.
      throw profile("not a CMS message");
    }
  }

  private static byte[] identifier(SignerInfo signer) throws CmsException {
    if (signer.getSID().getId().toASN1Primitive() instanceof ASN1OctetString octets) {
      return octets.getOctets();
    }
    if (signer.getSID().getId() instanceof ASN1TaggedObject tagged
        && tagged.getExplicitBaseObject() instanceof ASN1OctetString octets) {
      return octets.getOctets();
    }
    throw profile("the signer is not named by subject key identifier");
  }

  private static byte[] digest(ASN1Set attributes) throws CmsException {
    if (value(attributes, CMSAttributes.messageDigest) instanceof ASN1OctetString octets
        && octets.getOctets().length == 48) {
      return octets.getOctets();
    }
    throw profile("no SHA-384 messageDigest");
  }

  private static Optional<ASN1Primitive> signingTime(ASN1Set attributes) throws CmsException {
    for (ASN1Encodable item : attributes) {
      if (isOfType(item, CMSAttributes.signingTime)) {
        ASN1Primitive time = value(attributes, CMSAttributes.signingTime);
        if (time instanceof ASN1UTCTime || time instanceof ASN1GeneralizedTime) {
          return Optional.of(time);
        }
        throw profile("signingTime is not a time");
      }
    }
    return Optional.empty();
  }

  private static ASN1Primitive value(ASN1Set attributes, ASN1ObjectIdentifier type)
      throws CmsException {
    for (ASN1Encodable item : attributes) {
      if (isOfType(item, type)) {
        Attribute attribute = Attribute.getInstance(item);
        if (attribute.getAttrValues().size() == 1) {
          return attribute.getAttrValues().getObjectAt(0).toASN1Primitive();
        }
      }
    }
    throw profile("no single attribute " + type);
  }

  private static boolean isOfType(ASN1Encodable item, ASN1ObjectIdentifier type) {
    return item instanceof ASN1Sequence sequence
        && sequence.size() == 2
        && type.equals(sequence.getObjectAt(0));
  }

  private static boolean verifies(byte[] signed, byte[] signature, PublicKey key) {
    try {
      Signature ecdsa = Signature.getInstance("SHA384withECDSA");
      ecdsa.initVerify(key);
      ecdsa.update(signed);
      return ecdsa.verify(signature);
    } catch (SignatureException e) {
      return false; // not the DER of two integers
    } catch (GeneralSecurityException e) {
      throw new AssertionError("the JDK verifies ECDSA on P-384", e);
    }
  }

  private static CmsException profile(String reason) {
    return new CmsException(Kind.PROFILE, reason);
  }
}
