package dev.postern.dsl.code;

import dev.postern.dsl.diagnostic.Code;
import java.util.Optional;

/** A section cannot be made into the bytes that ship. */
public final class LinkException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Code code;
  private final Optional<String> hint;

  LinkException(Code code, String message, Optional<String> hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  /** The diagnostic it becomes. */
  public Code code() {
    return code;
  }

  public Optional<String> hint() {
    return hint;
  }
}
