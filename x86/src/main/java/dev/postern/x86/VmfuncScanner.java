package dev.postern.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds VMFUNC's bytes at every offset, whatever instructions they are part of: {@code 0F 01 D4},
 * and with APX the REX2 form {@code D5 pp 01 D4} with bit 7 of {@code pp} set (security model H7,
 * H8).
 */
public final class VmfuncScanner {

  private VmfuncScanner() {}

  /** Offsets at which an encoding begins, ascending. */
  public static int[] sites(byte[] code) {
    int[] sites = new int[code.length];
    int count = 0;
    for (int i = 0; i + 2 < code.length; i++) {
      if (length(code, i) > 0) {
        sites[count++] = i;
      }
    }
    return Arrays.copyOf(sites, count);
  }

  /** Bytes of the encoding at {@code offset}: 3, 4 (REX2), or 0 if there is none. */
  public static int length(byte[] code, int offset) {
    int left = code.length - offset;
    if (left >= 3 && code[offset] == 0x0f && ends(code, offset + 1)) {
      return 3;
    }
    return left >= 4
            && code[offset] == (byte) 0xd5
            && code[offset + 1] < 0
            && ends(code, offset + 2)
        ? 4
        : 0;
  }

  private static boolean ends(byte[] code, int offset) {
    return code[offset] == 0x01 && code[offset + 1] == (byte) 0xd4;
  }

  /**
   * Encodings that begin in the last bytes of one page and end in the first of another.
   *
   * @param tail last three bytes of the one
   * @param head first three bytes of the other
   * @return offsets in {@code tail}
   */
  public static List<Integer> crossing(byte[] tail, byte[] head) {
    byte[] joined = Arrays.copyOf(tail, tail.length + head.length);
    System.arraycopy(head, 0, joined, tail.length, head.length);
    List<Integer> offsets = new ArrayList<>();
    for (int site : sites(joined)) {
      if (site < tail.length && site + length(joined, site) > tail.length) {
        offsets.add(site);
      }
    }
    return offsets;
  }

  /**
   * Whether some page's head would complete an encoding that begins in this tail of three bytes.
   */
  public static boolean mayBegin(byte[] tail) {
    byte a = tail[0];
    byte b = tail[1];
    byte c = tail[2];
    boolean two = (b == 0x0f && c == 0x01) || (b == (byte) 0xd5 && c < 0);
    return c == 0x0f || c == (byte) 0xd5 || two || (a == (byte) 0xd5 && b < 0 && c == 0x01);
  }

  /** Whether this head of three bytes would complete an encoding begun in some page's tail. */
  public static boolean mayEnd(byte[] head) {
    return head[0] == (byte) 0xd4
        || (head[0] == 0x01 && head[1] == (byte) 0xd4)
        || (head[0] < 0 && head[1] == 0x01 && head[2] == (byte) 0xd4);
  }
}
