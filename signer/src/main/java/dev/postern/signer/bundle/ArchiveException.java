package dev.postern.signer.bundle;

/** Bytes that are not an archive as {@link Ustar} writes it. */
public final class ArchiveException extends Exception {

  private static final long serialVersionUID = 1;

  public ArchiveException(String message) {
    super(message);
  }
}
