package dev.postern.verifier.map;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 over the canonical bytes of an {@link IntervalMap}: the link between a witness and the
 * maps it speaks of.
 *
 * <p>Canonical bytes: the tag {@code postern-map-v1} and a zero byte; the number of value classes
 * (32-bit, big-endian like all that follows) and each class's canonical text as length and UTF-8,
 * in order of first appearance; the number of ranges; then per range its first key, last key
 * (64-bit) and class index (32-bit). Adjacent ranges of one class are merged, so equal mappings
 * have equal bytes.
 */
public record MapDigest(String hex) {

  private static final byte[] TAG = "postern-map-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final int RANGE_BYTES = 8 + 8 + 4;
  private static final int CHUNK = 4096 * RANGE_BYTES;

  public MapDigest {
    if (!hex.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a SHA-256 in hexadecimal: " + hex);
    }
  }

  static MapDigest of(IntervalMap<?> map) {
    MessageDigest sha = sha256();
    sha.update(TAG);
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    sha.update(buffer.putInt(map.classes()).flip());
    for (int c = 0; c < map.classes(); c++) {
      byte[] text = map.classText(c).getBytes(StandardCharsets.UTF_8);
      sha.update(buffer.clear().putInt(text.length).flip());
      sha.update(text);
    }
    buffer.clear().putInt(map.size());
    for (int i = 0; i < map.size(); i++) {
      if (buffer.remaining() < RANGE_BYTES) {
        sha.update(buffer.flip());
        buffer.clear();
      }
      buffer.putLong(map.first(i)).putLong(map.last(i)).putInt(map.classOf(i));
    }
    sha.update(buffer.flip());
    return new MapDigest(HexFormat.of().formatHex(sha.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
