package dev.postern.signer.key;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.Optional;

/** Public keys as SubjectPublicKeyInfo in DER, which is what their ids are digests of. */
public final class PublicKeys {

  private PublicKeys() {}

  /**
   * The algorithm of a key of ours; a key that cannot be one, as a point off its curve, is refused.
   */
  static Algorithm require(byte[] spki) throws KeyException {
    Optional<Algorithm> algorithm = Algorithm.of(spki);
    if (algorithm.isEmpty()) {
      throw new KeyException("not a key of " + String.join(", ", words()));
    }
    try {
      switch (algorithm.get()) {
        case ECDSA_P384 -> of("EC", spki);
        case RSA_PSS_3072 -> {
          if (!(of("RSA", spki) instanceof RSAPublicKey rsa)
              || rsa.getModulus().bitLength() != 3072
              || !rsa.getModulus().testBit(0)
              || !rsa.getPublicExponent().equals(RSAKeyGenParameterSpec.F4)) {
            throw new KeyException("an RSA key has 3072 bits and the exponent 65537");
          }
        }
        case ML_DSA_65, ML_DSA_87 -> of("ML-DSA", spki);
        case SLH_DSA_SHA2_192S -> {} // any 48 bytes are a seed and a root
      }
    } catch (GeneralSecurityException e) {
      throw new KeyException("not a key of " + algorithm.get().word());
    }
    return algorithm.get();
  }

  /** SHA-256 of the SubjectPublicKeyInfo. */
  public static byte[] identifier(byte[] spki) {
    return digest("SHA-256", spki);
  }

  /** The identifier in lower-case hexadecimal: what files and people call the key. */
  public static String keyId(byte[] spki) {
    return HexFormat.of().formatHex(identifier(spki));
  }

  /**
   * RFC 5280 §4.2.1.2 (1): SHA-1 of the BIT STRING's content. An identifier only, no security rests
   * on it.
   */
  static byte[] rfc5280(Algorithm algorithm, byte[] spki) {
    int header =
        switch (algorithm) {
          case ECDSA_P384 -> 23;
          case RSA_PSS_3072 -> 24;
          case ML_DSA_65, ML_DSA_87 -> 22;
          case SLH_DSA_SHA2_192S -> 18;
        };
    return digest("SHA-1", java.util.Arrays.copyOfRange(spki, header, spki.length));
  }

  private static java.security.PublicKey of(String family, byte[] spki)
      throws GeneralSecurityException {
    return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(spki));
  }

  private static Iterable<String> words() {
    return java.util.Arrays.stream(Algorithm.values()).map(Algorithm::word).toList();
  }

  private static byte[] digest(String algorithm, byte[] content) {
    try {
      return MessageDigest.getInstance(algorithm).digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has " + algorithm, e);
    }
  }
}
