package dev.postern.loader.trust;

import java.util.Locale;

/** A state that cannot be trusted or is somebody else's: nothing is loaded on it. */
public final class StateException extends Exception {

  private static final long serialVersionUID = 1;

  /** Why. Codes are stable. */
  public enum Kind {
    /** Not a directory of our own with mode 0700. */
    STATE_UNSAFE,
    /** Another loader holds the lock. */
    STATE_LOCKED,
    /** Not what this program writes, or cut, or altered. */
    STATE_BROKEN;

    /** The code scripts match on. */
    public String code() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Kind kind;

  StateException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
