package dev.postern.signer.cms;

/** Bytes that are not a valid signature of our profile by the given key over the given content. */
public final class CmsException extends Exception {

  private static final long serialVersionUID = 1;

  /** What is wrong, as far as callers tell apart. */
  public enum Kind {
    /** Not DER, or not the profile's shape. */
    PROFILE,
    /** Names another key than the one it is checked with. */
    SIGNER,
    /** Right shape, but the signature or the digest does not fit. */
    INVALID
  }

  private final Kind kind;

  CmsException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
