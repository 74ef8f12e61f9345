package dev.postern.verifier.map;

import java.util.Arrays;

/**
 * Numbers as the checker reads them: seven bits a byte, lowest first, the top bit where more
 * follow.
 */
final class Steps {

  private byte[] bytes;
  private int size;

  /** With room for so many bytes before it has to grow. */
  Steps(int room) {
    bytes = new byte[Math.max(room, 8)];
  }

  void add(int number) {
    int rest = number;
    while (rest > 0x7f) {
      put(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    put(rest);
  }

  private void put(int value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.multiplyExact(size, 2));
    }
    bytes[size++] = (byte) value;
  }

  void addAll(byte[] more) {
    if (bytes.length - size < more.length) {
      bytes = Arrays.copyOf(bytes, Math.addExact(Math.multiplyExact(size, 2), more.length));
    }
    System.arraycopy(more, 0, bytes, size, more.length);
    size += more.length;
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, size);
  }

  /**
   * The numbers in {@code bytes}, added up one after the other from {@code start}, into {@code to}.
   */
  static void sums(byte[] bytes, int start, int[] to, int from) {
    int sum = start;
    int n = from;
    for (int at = 0; at < bytes.length; at++) {
      int shift = 0;
      for (; bytes[at] < 0; at++) {
        sum += (bytes[at] & 0x7f) << shift;
        shift += 7;
      }
      sum += bytes[at] << shift;
      to[n++] = sum;
    }
  }
}
