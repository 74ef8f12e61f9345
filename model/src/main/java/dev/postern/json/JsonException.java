package dev.postern.json;

/**
 * Bytes that are not the JSON that was asked for. Either a byte offset says where (malformed text)
 * or a JSON pointer does (well-formed, but not of the expected shape).
 */
public final class JsonException extends Exception {

  private static final long serialVersionUID = 1;

  private final long offset;
  private final String pointer;

  private JsonException(String message, long offset, String pointer) {
    super(message);
    this.offset = offset;
    this.pointer = pointer;
  }

  static JsonException malformed(long offset, String reason) {
    return new JsonException("byte " + offset + ": " + reason, offset, "");
  }

  /** Well-formed JSON that is not what the schema says at {@code pointer} (RFC 6901). */
  public static JsonException mismatch(String pointer, String reason) {
    return new JsonException(
        (pointer.isEmpty() ? "document" : pointer) + ": " + reason, -1, pointer);
  }

  /** Offset of the offending byte, or -1 where the text is well-formed. */
  public long offset() {
    return offset;
  }

  /** RFC 6901 pointer to the offending value; empty for the document and for malformed text. */
  public String pointer() {
    return pointer;
  }
}
