package dev.postern.silicon;

/** A start or policy that cannot be put on the emulated machine, with the reason. */
public final class SiliconException extends Exception {

  private static final long serialVersionUID = 1;

  public SiliconException(String message) {
    super(message);
  }
}
