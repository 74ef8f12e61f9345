package dev.postern.signer.cms;

import dev.postern.signer.key.PinnedKey;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.crypto.params.SLHDSAParameters;
import org.bouncycastle.crypto.params.SLHDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.SLHDSASigner;

/**
 * Whether a signature verifies: with the JDK's cryptography, but for SLH-DSA, which no JDK has yet.
 * A key that is pinned has been looked at before; a signature is any bytes.
 */
public final class SignatureCheck {

  /** Bytes of an SLH-DSA-SHA2-192s signature: Bouncy Castle looks at the length too, but first. */
  private static final int SLH_DSA_BYTES = 16_224;

  /** RSASSA-PSS as the profile has it. */
  public static final PSSParameterSpec PSS =
      new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 48, 1);

  private SignatureCheck() {}

  /** Whether {@code signature} is one of {@code key} over {@code message}. */
  public static boolean verifies(byte[] message, byte[] signature, PinnedKey key) {
    byte[] spki = key.spki().toArray();
    try {
      return switch (key.algorithm()) {
        case ECDSA_P384 ->
            jdk(Signature.getInstance("SHA384withECDSA"), key("EC", spki), message, signature);
        case RSA_PSS_3072 -> {
          Signature pss = Signature.getInstance("RSASSA-PSS");
          pss.setParameter(PSS);
          yield jdk(pss, key("RSA", spki), message, signature);
        }
        case ML_DSA_65 ->
            jdk(Signature.getInstance("ML-DSA-65"), key("ML-DSA", spki), message, signature);
        case ML_DSA_87 ->
            jdk(Signature.getInstance("ML-DSA-87"), key("ML-DSA", spki), message, signature);
        case SLH_DSA_SHA2_192S -> slhDsa(message, signature, spki);
      };
    } catch (GeneralSecurityException e) {
      throw new AssertionError("the JDK verifies " + key.algorithm(), e);
    }
  }

  private static PublicKey key(String family, byte[] spki) throws GeneralSecurityException {
    return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(spki));
  }

  private static boolean jdk(Signature check, PublicKey key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    check.initVerify(key);
    check.update(message);
    try {
      return check.verify(signature);
    } catch (SignatureException e) {
      return false; // not the form of a signature at all
    }
  }

  private static boolean slhDsa(byte[] message, byte[] signature, byte[] spki) {
    if (signature.length != SLH_DSA_BYTES) {
      return false;
    }
    SLHDSASigner check = new SLHDSASigner();
    check.init(
        false,
        new SLHDSAPublicKeyParameters(
            SLHDSAParameters.sha2_192s, Arrays.copyOfRange(spki, spki.length - 48, spki.length)));
    return check.verifySignature(message, signature);
  }
}
