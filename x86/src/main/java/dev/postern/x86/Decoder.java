package dev.postern.x86;

/** Reads one instruction from bytes, in any of the three modes. */
public final class Decoder {

  private Decoder() {}

  /**
   * Decodes at {@code offset}, reading at most to {@code limit}.
   *
   * @param code the bytes, not modified
   * @param offset 0..limit
   * @param limit one past the last byte that may be read, at most {@code code.length}
   */
  public static Decoded decode(byte[] code, int offset, int limit, Mode mode) {
    return new Decoded.Unsupported("to be written");
  }
}
