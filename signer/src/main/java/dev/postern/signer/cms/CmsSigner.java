package dev.postern.signer.cms;

import java.math.BigInteger;
import java.security.interfaces.ECPrivateKey;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;

/** Signs a manifest. Deterministic: RFC 6979, no signing time. */
public final class CmsSigner {

  private CmsSigner() {}

  /**
   * A detached message over {@code content}.
   *
   * @param keyIdentifier subject key identifier of the signer's certificate
   */
  public static byte[] sign(byte[] content, ECPrivateKey key, byte[] keyIdentifier) {
    ASN1Set attributes = Cms.attributes(Cms.sha384(content), Optional.empty());
    return Cms.message(keyIdentifier, attributes, ecdsa(Cms.der(attributes), key));
  }

  /** DER of an ECDSA signature with SHA-384 on P-384. */
  static byte[] ecdsa(byte[] message, ECPrivateKey key) {
    X9ECParameters curve = SECNamedCurves.getByOID(SECObjectIdentifiers.secp384r1);
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA384Digest()));
    signer.init(true, new ECPrivateKeyParameters(key.getS(), new ECDomainParameters(curve)));
    BigInteger[] pair = signer.generateSignature(Cms.sha384(message));
    ASN1EncodableVector signature = new ASN1EncodableVector();
    signature.add(new ASN1Integer(pair[0]));
    signature.add(new ASN1Integer(pair[1]));
    return Cms.der(new DERSequence(signature));
  }
}
