package dev.postern.dsl.elf;

import dev.postern.dsl.diagnostic.Code;

/** A file is not an object this project reads; the message says why, lower case. */
public final class ElfException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Code code;

  private ElfException(Code code, String message) {
    super(message);
    this.code = code;
  }

  static ElfException malformed(String message) {
    return new ElfException(Code.ELF_MALFORMED, message);
  }

  static ElfException unsupported(String message) {
    return new ElfException(Code.ELF_UNSUPPORTED, message);
  }

  /** ELF_MALFORMED or ELF_UNSUPPORTED. */
  public Code code() {
    return code;
  }
}
