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
 * <p>It is taken over chunks, so that maps which share chunks share the work. Numbers are
 * big-endian; a tag is its ASCII characters and a zero byte. A map: SHA-256 of the tag {@code
 * postern-map-v2}, the number of chunks (32-bit), each chunk's digest. A chunk: SHA-256 of the tag
 * {@code postern-chunk-v1}, the number of value classes in it (32-bit), each class's canonical text
 * as length (32-bit) and UTF-8 in order of first appearance, the digest of its ranges. Ranges:
 * SHA-256 of the tag {@code postern-block-1}, their number (32-bit), all first keys, all last keys
 * (64-bit), all class numbers (32-bit). Adjacent ranges of one class are merged, and {@link Chunk}
 * says where maps are cut, so equal mappings have equal bytes.
 */
public record MapDigest(String hex) {

  private static final byte[] TAG = "postern-map-v2\0".getBytes(StandardCharsets.US_ASCII);

  public MapDigest {
    if (!hex.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a SHA-256 in hexadecimal: " + hex);
    }
  }

  static MapDigest of(IntervalMap<?> map) {
    MessageDigest sha = sha256();
    sha.update(TAG);
    ByteBuffer buffer = ByteBuffer.allocate(4 + 32 * map.chunks().size());
    buffer.putInt(map.chunks().size());
    map.chunks().forEach(chunk -> buffer.put(chunk.digest()));
    sha.update(buffer.flip());
    return new MapDigest(HexFormat.of().formatHex(sha.digest()));
  }

  static MessageDigest sha256() {
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
