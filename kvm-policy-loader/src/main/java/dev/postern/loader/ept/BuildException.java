package dev.postern.loader.ept;

/** A plan that does not fit the host's frames. */
public final class BuildException extends Exception {

  private static final long serialVersionUID = 1;

  BuildException(String message) {
    super(message);
  }
}
