package dev.postern.signer.cms;

import dev.postern.signer.key.Algorithm;
import java.util.Optional;

/** Makes messages of the profile, without signing time: with a deterministic key, same bytes. */
public final class CmsSigner {

  private CmsSigner() {}

  /** What signs: a key of one algorithm, wherever it is. */
  public interface Key {
    Algorithm algorithm();

    /** Subject key identifier of the key's certificate. */
    byte[] subjectKeyIdentifier();

    /** The signature over {@code message}, as the algorithm's identifier in CMS says. */
    byte[] sign(byte[] message) throws dev.postern.signer.key.KeyException;
  }

  /** A detached message over {@code content}. */
  public static byte[] sign(byte[] content, ContentType type, Key key, boolean unattended)
      throws dev.postern.signer.key.KeyException {
    byte[] signed = attributes(content, type, key.algorithm(), unattended);
    return attach(
        content, type, key.algorithm(), key.subjectKeyIdentifier(), key.sign(signed), unattended);
  }

  /** The bytes to sign, where the key is elsewhere: DER of the signed attributes. */
  public static byte[] attributes(
      byte[] content, ContentType type, Algorithm algorithm, boolean unattended) {
    return Cms.der(
        Cms.attributes(type, Profile.of(algorithm).digest(content), Optional.empty(), unattended));
  }

  /** The message around a signature over {@link #attributes}. */
  public static byte[] attach(
      byte[] content,
      ContentType type,
      Algorithm algorithm,
      byte[] keyIdentifier,
      byte[] signature,
      boolean unattended) {
    Profile profile = Profile.of(algorithm);
    return Cms.message(
        type,
        profile.digestId(),
        keyIdentifier,
        Cms.attributes(type, profile.digest(content), Optional.empty(), unattended),
        profile.signatureId(),
        signature);
  }
}
