package dev.postern.verifier.map;

import dev.postern.checker.MapClaim;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive ranges of a map, which never change: what maps that differ in few places share.
 * Bounds and class numbers lie in the very block that the checker reads.
 *
 * <p>Where a map is cut depends on its ranges alone: before a range whose first key {@linkplain
 * #begins begins} a chunk, and where a chunk would have more than {@value #MOST} ranges. So equal
 * maps have equal chunks, whatever edits led there, and an edit moves no cut but those near it.
 */
final class Chunk<V> {

  /** Of ranges; reached by one chunk in fifty where keys are not chosen to reach it. */
  static final int MOST = 4096;

  /** One key in so many begins a chunk. */
  private static final int USUAL = 1024;

  private static final byte[] TAG = "postern-chunk-v1\0".getBytes(StandardCharsets.US_ASCII);

  private final MapClaim.Block block;
  private final long low;
  private final long high;
  private final List<V> values;
  private final List<String> texts;
  private final Meeting.Memory memory = new Meeting.Memory();
  private volatile byte @Nullable [] digest;

  /**
   * Takes the block over, which is not empty.
   *
   * @param values by class number in the block, in order of first appearance
   * @param texts canonical, of each value
   */
  Chunk(MapClaim.Block block, List<V> values, List<String> texts) {
    this.block = block;
    this.low = block.first(0);
    this.high = block.last(block.size() - 1);
    this.values = List.copyOf(values);
    this.texts = List.copyOf(texts);
  }

  /** Whether a range that begins at {@code key} begins a chunk: a mix of its bits says so. */
  static boolean begins(long key) {
    long mixed = (key ^ key >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return ((mixed ^ mixed >>> 33) & USUAL - 1) == 0;
  }

  int size() {
    return block.size();
  }

  long first(int i) {
    return block.first(i);
  }

  long last(int i) {
    return block.last(i);
  }

  /** Number of the value in {@link #values}. */
  int classOf(int i) {
    return block.classOf(i);
  }

  V value(int i) {
    return values.get(block.classOf(i));
  }

  /** First key of the first range. */
  long low() {
    return low;
  }

  /** Last key of the last range. */
  long high() {
    return high;
  }

  List<V> values() {
    return values;
  }

  List<String> texts() {
    return texts;
  }

  MapClaim.Block block() {
    return block;
  }

  /** What this chunk met before. */
  Meeting.Memory memory() {
    return memory;
  }

  /** SHA-256 as {@link MapDigest} says; taken once, and not to be written. */
  byte[] digest() {
    byte[] known = digest;
    if (known == null) {
      MessageDigest sha = MapDigest.sha256();
      sha.update(TAG);
      sha.update(ByteBuffer.allocate(4).putInt(texts.size()).flip());
      for (String text : texts) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        sha.update(ByteBuffer.allocate(4).putInt(utf8.length).flip());
        sha.update(utf8);
      }
      sha.update(block.digest());
      known = sha.digest();
      digest = known;
    }
    return known;
  }
}
