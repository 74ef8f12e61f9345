package dev.postern.loader.install;

/** A step of an installation that failed; what was done before it was taken back. */
public final class InstallException extends Exception {

  private static final long serialVersionUID = 1;

  public InstallException(String message) {
    super(message);
  }
}
