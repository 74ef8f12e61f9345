package dev.postern.signer.key;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** The one curve. */
public final class P384 {

  private P384() {}

  /** {@code key}, if it is on P-384. */
  public static ECPublicKey require(PublicKey key) throws KeyException {
    if (key instanceof ECPublicKey ec && isCurve(ec.getParams())) {
      return ec;
    }
    throw new KeyException("not an ECDSA key on P-384");
  }

  /** A SubjectPublicKeyInfo in DER. */
  public static ECPublicKey read(byte[] spki) throws KeyException {
    try {
      return require(KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki)));
    } catch (GeneralSecurityException e) {
      throw new KeyException("not an ECDSA key on P-384");
    }
  }

  /** SHA-256 of the SubjectPublicKeyInfo. */
  public static byte[] identifier(PublicKey key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** The identifier in lower-case hexadecimal: what files and people call the key. */
  public static String keyId(PublicKey key) {
    return HexFormat.of().formatHex(identifier(key));
  }

  static boolean isCurve(ECParameterSpec actual) {
    ECParameterSpec expected = parameters();
    return expected.getCurve().equals(actual.getCurve())
        && expected.getGenerator().equals(actual.getGenerator())
        && expected.getOrder().equals(actual.getOrder())
        && expected.getCofactor() == actual.getCofactor();
  }

  private static ECParameterSpec parameters() {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec("secp384r1"));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK knows secp384r1", e);
    }
  }
}
