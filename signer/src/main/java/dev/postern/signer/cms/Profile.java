package dev.postern.signer.cms;

import dev.postern.signer.key.Algorithm;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * The algorithm identifiers a message of one kind of key has: the digest's one, and the
 * signature's, which for RSA-PSS has two spellings in use (the digest's parameters absent or NULL).
 */
record Profile(String digest, AlgorithmIdentifier digestId, List<AlgorithmIdentifier> signatures) {

  private static final AlgorithmIdentifier SHA384 =
      new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha384);

  /** RFC 9882 and RFC 9814 want a digest as strong as the signature. */
  private static final AlgorithmIdentifier SHA512 =
      new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha512);

  Profile {
    signatures = List.copyOf(signatures);
  }

  static Profile of(Algorithm algorithm) {
    return switch (algorithm) {
      case ECDSA_P384 -> classical(new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA384));
      case RSA_PSS_3072 ->
          classical(
              pss(SHA384),
              pss(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha384, DERNull.INSTANCE)));
      case ML_DSA_65 -> postQuantum(NISTObjectIdentifiers.id_ml_dsa_65);
      case ML_DSA_87 -> postQuantum(NISTObjectIdentifiers.id_ml_dsa_87);
      case SLH_DSA_SHA2_192S -> postQuantum(NISTObjectIdentifiers.id_slh_dsa_sha2_192s);
    };
  }

  /** The spelling we write. */
  AlgorithmIdentifier signatureId() {
    return signatures.getFirst();
  }

  byte[] digest(byte[] content) {
    try {
      return MessageDigest.getInstance(digest).digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has " + digest, e);
    }
  }

  private static Profile classical(AlgorithmIdentifier... signatures) {
    return new Profile("SHA-384", SHA384, List.of(signatures));
  }

  private static Profile postQuantum(ASN1ObjectIdentifier signature) {
    return new Profile("SHA-512", SHA512, List.of(new AlgorithmIdentifier(signature)));
  }

  private static AlgorithmIdentifier pss(AlgorithmIdentifier digest) {
    ASN1Encodable parameters =
        new RSASSAPSSparams(
            digest,
            new AlgorithmIdentifier(PKCSObjectIdentifiers.id_mgf1, digest),
            new ASN1Integer(48),
            RSASSAPSSparams.DEFAULT_TRAILER_FIELD);
    return new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSASSA_PSS, parameters);
  }
}
