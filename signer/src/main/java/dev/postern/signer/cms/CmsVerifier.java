package dev.postern.signer.cms;

import dev.postern.model.Bytes;
import dev.postern.signer.cms.CmsException.Kind;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.PinnedKey;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
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
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/**
 * Checks one detached message against one pinned key.
 *
 * <p>Steps: bound the nesting and demand definite DER lengths ({@link Der}) before a general parser
 * sees the bytes; take the free values out (key identifier, signing time, signature); build the
 * message of the profile from them and compare all bytes; verify ({@link SignatureCheck}). The
 * comparison is what refuses BER, trailing bytes, further signers, embedded certificates, unsigned
 * attributes, other algorithms, repeated and unsorted attributes; the steps before it only give the
 * reason a better name.
 */
public final class CmsVerifier {

  private CmsVerifier() {}

  /**
   * Returns if {@code message} is a signature of {@code key} over {@code content}, and whether it
   * says that it was made unattended.
   *
   * @param type what the signature must be about
   */
  public static boolean verify(byte[] message, byte[] content, ContentType type, PinnedKey key)
      throws CmsException {
    if (content.length == 0 || content[0] != '{') {
      // A DER SET of attributes offered as content starts with 31 (the stripped-attributes
      // forgery).
      throw new CmsException(Kind.INVALID, "the content is not a JSON object");
    }
    Profile profile = Profile.of(key.algorithm());
    Reading reading = read(message, type, key.algorithm(), profile);
    if (!Arrays.equals(message, reading.again())) {
      throw profile("differs from the profile's encoding of the same values");
    }
    if (!key.identifiers().contains(Bytes.of(reading.identifier))) {
      throw new CmsException(Kind.SIGNER, "names another key");
    }
    if (!MessageDigest.isEqual(reading.digest, profile.digest(content))) {
      throw new CmsException(Kind.INVALID, "is about other content");
    }
    if (!SignatureCheck.verifies(reading.signed(), reading.signature, key)) {
      throw new CmsException(Kind.INVALID, "the signature does not verify");
    }
    return reading.unattended;
  }

  /** What a message of the profile is free to say, and the message that says it. */
  private static final class Reading {
    final ContentType type;
    final Profile profile;
    final byte[] identifier;
    final byte[] digest;
    final Optional<ASN1Primitive> signingTime;
    final boolean unattended;
    final AlgorithmIdentifier algorithm;
    final byte[] signature;

    Reading(ContentType type, Profile profile, SignerInfo signer, ASN1Set attributes)
        throws CmsException {
      this.type = type;
      this.profile = profile;
      identifier = CmsVerifier.identifier(signer);
      digest = CmsVerifier.digest(attributes, profile);
      signingTime = CmsVerifier.signingTime(attributes);
      unattended = CmsVerifier.unattended(attributes);
      algorithm = signer.getDigestEncryptionAlgorithm();
      signature = signer.getEncryptedDigest().getOctets();
    }

    private ASN1Set attributes() {
      return Cms.attributes(type, digest, signingTime, unattended);
    }

    /** The bytes under the signature. */
    byte[] signed() {
      return Cms.der(attributes());
    }

    byte[] again() {
      return Cms.message(type, profile.digestId(), identifier, attributes(), algorithm, signature);
    }
  }

  /**
   * Everything that asks Bouncy Castle about bytes from outside stands here: it reads lazily, so
   * each step may be the one that meets what it cannot read.
   */
  private static Reading read(
      byte[] message, ContentType type, Algorithm algorithm, Profile profile) throws CmsException {
    if (message.length > algorithm.messageBytes()) {
      throw profile("larger than " + algorithm.messageBytes() + " bytes");
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
      String about = signed.getEncapContentInfo().getContentType().getId();
      if (!about.equals(type.oid())) {
        throw profile("eContentType " + about + " is not " + type.words());
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
      if (!profile.digestId().equals(signer.getDigestAlgorithm())
          || !profile.signatures().contains(signer.getDigestEncryptionAlgorithm())) {
        throw profile("algorithms are not " + profile.digest() + " and " + algorithm.word());
      }
      ASN1Set attributes = signer.getAuthenticatedAttributes();
      if (attributes == null) {
        throw profile("no signed attributes");
      }
      return new Reading(type, profile, signer, attributes);
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

  private static byte[] digest(ASN1Set attributes, Profile profile) throws CmsException {
    if (value(attributes, CMSAttributes.messageDigest) instanceof ASN1OctetString octets
        && octets.getOctets().length == profile.digest(new byte[0]).length) {
      return octets.getOctets();
    }
    throw profile("no " + profile.digest() + " messageDigest");
  }

  /**
   * Whether the attribute is there; that it is as it should be, the comparison of all bytes says.
   */
  private static boolean unattended(ASN1Set attributes) {
    for (ASN1Encodable item : attributes) {
      if (isOfType(item, Cms.UNATTENDED)) {
        return true;
      }
    }
    return false;
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

  private static CmsException profile(String reason) {
    return new CmsException(Kind.PROFILE, reason);
  }
}
