package dev.postern.loader.ept;

import java.util.ArrayList;
import java.util.List;

/**
 * VMFUNC as bytes: {@code 0F 01 D4}, and on processors with APX {@code D5 80..FF 01 D4} (security
 * model, H7 and H8). Prefixes do not matter: any occurrence counts. Written apart from the
 * verifier's scanner, which is not on this path.
 */
final class VmfuncBytes {

  /** An occurrence: {@code end} is the offset behind it. */
  record Occurrence(int start, int end, boolean rex2) {}

  private VmfuncBytes() {}

  /** All occurrences, overlapping ones included. */
  static List<Occurrence> in(byte[] bytes) {
    List<Occurrence> found = new ArrayList<>();
    for (int i = 1; i < bytes.length - 1; i++) {
      if ((bytes[i] & 0xff) == 0x01 && (bytes[i + 1] & 0xff) == 0xd4) {
        if ((bytes[i - 1] & 0xff) == 0x0f) {
          found.add(new Occurrence(i - 1, i + 2, false));
        }
        if (i >= 2 && (bytes[i - 2] & 0xff) == 0xd5 && (bytes[i - 1] & 0x80) != 0) {
          found.add(new Occurrence(i - 2, i + 2, true));
        }
      }
    }
    return found;
  }

  /** Occurrences over the edge when {@code next} follows {@code page} in linear memory. */
  static List<Occurrence> across(byte[] page, byte[] next) {
    byte[] edge = new byte[6];
    System.arraycopy(page, page.length - 3, edge, 0, 3);
    System.arraycopy(next, 0, edge, 3, 3);
    return in(edge).stream().filter(found -> found.start < 3 && found.end > 3).toList();
  }
}
