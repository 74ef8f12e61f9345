package dev.postern.silicon;

/** A start or policy that cannot be put on the emulated machine, with the reason. */
public final class SiliconException extends Exception {

  private static final long serialVersionUID = 1;

  private final String reason;

  public SiliconException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** Why, in a reader's words. */
  public String reason() {
    return reason;
  }
}
