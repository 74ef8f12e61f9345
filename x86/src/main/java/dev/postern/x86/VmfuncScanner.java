package dev.postern.x86;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds every offset at which bytes encode VMFUNC: {@code 0F 01 D4}, or APX's {@code D5 pp 01 D4}
 * with {@code pp} of 80h or more. Every offset counts, aligned to an instruction or not, offset 0
 * included; prefixes are not looked at, because no prefix makes the bytes harmless on every
 * processor.
 *
 * <p>Both forms end in {@code 01 D4}. The scan tests eight offsets at a time for that pair in plain
 * long arithmetic (several GB/s, without a vector module) and looks closer only where there is one.
 */
public final class VmfuncScanner {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long LOW_BITS = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
  private static final long ALL_01 = LOW_BITS;
  private static final long ALL_D4 = 0xD4D4_D4D4_D4D4_D4D4L;

  /** Bytes in which the pair may begin that are tested together. */
  private static final int BLOCK = 32;

  private VmfuncScanner() {}

  /** Offsets of all encodings within {@code page}, ascending. */
  public static int[] sites(byte[] page) {
    Sites sites = new Sites();
    int at = 0;
    // A block reads one byte past its end: the D4 of a pair that begins in its last byte.
    for (; at + BLOCK < page.length; at += BLOCK) {
      long pairs =
          pairs(page, at) | pairs(page, at + 8) | pairs(page, at + 16) | pairs(page, at + 24);
      if (pairs != 0) {
        search(page, at, at + BLOCK, sites);
      }
    }
    search(page, at, page.length - 1, sites);
    return sites.toArray();
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

  /** Nonzero if, and only if, {@code 01 D4} begins in one of the eight bytes at {@code at}. */
  private static long pairs(byte[] page, int at) {
    long difference =
        ((long) LONGS.get(page, at) ^ ALL_01) | ((long) LONGS.get(page, at + 1) ^ ALL_D4);
    return (difference - LOW_BITS) & ~difference & HIGH_BITS; // some byte of difference is zero
  }

  private static void search(byte[] page, int from, int to, Sites sites) {
    for (int at = from; at < to; at++) {
      if (page[at] == 0x01 && page[at + 1] == (byte) 0xD4) {
        if (at >= 1 && page[at - 1] == 0x0F) {
          sites.add(at - 1);
        } else if (at >= 2 && page[at - 1] < 0 && page[at - 2] == (byte) 0xD5) {
          sites.add(at - 2); // the payload's bit 7, negative as a byte, selects map 0F
        }
      }
    }
  }

  private static final class Sites {
    private int[] offsets = {};
    private int size;

    void add(int offset) {
      if (size == offsets.length) {
        offsets = Arrays.copyOf(offsets, Math.max(4, 2 * size));
      }
      offsets[size++] = offset;
    }

    int[] toArray() {
      return Arrays.copyOf(offsets, size);
    }
  }
}
