package dev.postern.signer.cms;

import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.AsymmetricCipherKeyPairGenerator;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.generators.MLDSAKeyPairGenerator;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.generators.SLHDSAKeyPairGenerator;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.SLHDSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.SLHDSAParameters;
import org.bouncycastle.crypto.params.SLHDSAPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.signers.SLHDSASigner;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/**
 * A private key in this process's memory. ECDSA by RFC 6979, ML-DSA and SLH-DSA in their
 * deterministic variants; RSA-PSS has a salt, so its signatures differ each time.
 */
public final class PrivateKey {

  private final Algorithm algorithm;
  private final AsymmetricKeyParameter key;

  private PrivateKey(Algorithm algorithm, AsymmetricKeyParameter key) {
    this.algorithm = algorithm;
    this.key = key;
  }

  /** A fresh key and its SubjectPublicKeyInfo. */
  public record Pair(PrivateKey privateKey, dev.postern.model.Bytes spki) {}

  public static Pair generate(Algorithm algorithm) {
    AsymmetricCipherKeyPair pair = generator(algorithm).generateKeyPair();
    try {
      byte[] spki =
          SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(pair.getPublic())
              .getEncoded("DER");
      return new Pair(
          new PrivateKey(algorithm, pair.getPrivate()), dev.postern.model.Bytes.of(spki));
    } catch (IOException e) {
      throw new AssertionError("a key we made encodes", e);
    }
  }

  /** From PKCS#8, which must be of {@code algorithm}. */
  public static PrivateKey read(byte[] pkcs8, Algorithm algorithm) throws KeyException {
    AsymmetricKeyParameter key;
    try {
      key = PrivateKeyFactory.createKey(pkcs8);
    } catch (IOException | RuntimeException e) {
      // Bouncy Castle says in many ways that it cannot read something.
      throw new KeyException("not a PKCS#8 key");
    }
    boolean fits =
        switch (algorithm) {
          case ECDSA_P384 ->
              key instanceof ECPrivateKeyParameters ec
                  && ec.getParameters().getCurve().getFieldSize() == 384;
          case RSA_PSS_3072 ->
              key instanceof RSAKeyParameters rsa && rsa.getModulus().bitLength() == 3072;
          case ML_DSA_65 -> isMlDsa(key, MLDSAParameters.ml_dsa_65);
          case ML_DSA_87 -> isMlDsa(key, MLDSAParameters.ml_dsa_87);
          case SLH_DSA_SHA2_192S ->
              key instanceof SLHDSAPrivateKeyParameters slh
                  && slh.getParameters().equals(SLHDSAParameters.sha2_192s);
        };
    if (!fits) {
      throw new KeyException("the private key is not one of " + algorithm.word());
    }
    return new PrivateKey(algorithm, key);
  }

  /** PKCS#8; whoever takes it wipes it. */
  public byte[] pkcs8() {
    try {
      return PrivateKeyInfoFactory.createPrivateKeyInfo(key).getEncoded("DER");
    } catch (IOException e) {
      throw new AssertionError("a key we hold encodes", e);
    }
  }

  /** The signature over {@code message} that the profile wants. */
  public byte[] sign(byte[] message) {
    return switch (algorithm) {
      case ECDSA_P384 -> ecdsa(message, new SHA384Digest());
      case RSA_PSS_3072 ->
          sign(new PSSSigner(new RSABlindedEngine(), new SHA384Digest(), 48), message);
      case ML_DSA_65, ML_DSA_87 -> sign(new MLDSASigner(), message);
      case SLH_DSA_SHA2_192S -> {
        SLHDSASigner signer = new SLHDSASigner();
        signer.init(true, key);
        yield signer.generateSignature(message);
      }
    };
  }

  /** ECDSA with SHA-256, which readers of DSSE want also with keys on P-384. */
  public byte[] signSha256(byte[] message) {
    return ecdsa(message, new SHA256Digest());
  }

  private byte[] ecdsa(byte[] message, Digest digest) {
    byte[] hash = new byte[digest.getDigestSize()];
    digest.update(message, 0, message.length);
    digest.doFinal(hash, 0);
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(digest));
    signer.init(true, key);
    BigInteger[] pair = signer.generateSignature(hash);
    ASN1EncodableVector signature = new ASN1EncodableVector();
    signature.add(new ASN1Integer(pair[0]));
    signature.add(new ASN1Integer(pair[1]));
    return Cms.der(new DERSequence(signature));
  }

  private byte[] sign(Signer signer, byte[] message) {
    signer.init(true, key);
    signer.update(message, 0, message.length);
    try {
      return signer.generateSignature();
    } catch (CryptoException e) {
      throw new AssertionError("a key we hold signs", e);
    }
  }

  private static boolean isMlDsa(AsymmetricKeyParameter key, MLDSAParameters parameters) {
    return key instanceof MLDSAPrivateKeyParameters ml && ml.getParameters().equals(parameters);
  }

  private static AsymmetricCipherKeyPairGenerator generator(Algorithm algorithm) {
    SecureRandom random = new SecureRandom();
    AsymmetricCipherKeyPairGenerator generator =
        switch (algorithm) {
          case ECDSA_P384 -> new ECKeyPairGenerator();
          case RSA_PSS_3072 -> new RSAKeyPairGenerator();
          case ML_DSA_65, ML_DSA_87 -> new MLDSAKeyPairGenerator();
          case SLH_DSA_SHA2_192S -> new SLHDSAKeyPairGenerator();
        };
    generator.init(
        switch (algorithm) {
          case ECDSA_P384 ->
              new ECKeyGenerationParameters(
                  ECNamedDomainParameters.lookup(SECObjectIdentifiers.secp384r1), random);
          case RSA_PSS_3072 ->
              new RSAKeyGenerationParameters(BigInteger.valueOf(65537), random, 3072, 128);
          case ML_DSA_65 -> new MLDSAKeyGenerationParameters(random, MLDSAParameters.ml_dsa_65);
          case ML_DSA_87 -> new MLDSAKeyGenerationParameters(random, MLDSAParameters.ml_dsa_87);
          case SLH_DSA_SHA2_192S ->
              new SLHDSAKeyGenerationParameters(random, SLHDSAParameters.sha2_192s);
        });
    return generator;
  }
}
