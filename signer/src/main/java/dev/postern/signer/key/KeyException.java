package dev.postern.signer.key;

/** A key file, certificate or passphrase that cannot be used. */
public final class KeyException extends Exception {

  private static final long serialVersionUID = 1;

  public KeyException(String message) {
    super(message);
  }
}
