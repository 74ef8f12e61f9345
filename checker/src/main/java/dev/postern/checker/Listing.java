package dev.postern.checker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Pages in which VMFUNC's encodings are listed: {@code 0F 01 D4}, and {@code D5 pp 01 D4} with the
 * top bit of pp set, at any offset. A mapping's pages follow one another in linear memory; pages of
 * different mappings may be put side by side, so an encoding is also looked for across the end of
 * each page and the beginning of each.
 */
public final class Listing {

  private static final int PAGE = 4096;

  private final List<byte[]> mappings;

  /** Takes the arrays over; each is a mapping's pages. */
  public Listing(List<byte[]> mappings) {
    this.mappings = List.copyOf(mappings);
    if (mappings.stream().anyMatch(bytes -> bytes.length == 0 || bytes.length % PAGE != 0)) {
      throw new IllegalArgumentException("a mapping is whole pages");
    }
  }

  public byte[] digest() {
    MessageDigest sha = Checker.sha256();
    sha.update("postern-bytes-1\0".getBytes(StandardCharsets.US_ASCII));
    for (byte[] mapping : mappings) {
      sha.update(java.nio.ByteBuffer.allocate(4).putInt(mapping.length).flip());
      sha.update(mapping);
    }
    return sha.digest();
  }

  /** Length of the encoding at {@code at}, 0 if there is none. */
  private static int encoding(byte[] b, int at) {
    int first = b[at] & 0xff;
    if (first == 0x0f && at + 2 < b.length) {
      return b[at + 1] == 0x01 && b[at + 2] == (byte) 0xd4 ? 3 : 0;
    }
    boolean rex2 = first == 0xd5 && at + 3 < b.length && b[at + 1] < 0;
    return rex2 && b[at + 2] == 0x01 && b[at + 3] == (byte) 0xd4 ? 4 : 0;
  }

  /** For each mapping in order: the number of sites, then of each its offset and length. */
  List<Integer> sites() {
    List<Integer> list = new ArrayList<>();
    for (byte[] mapping : mappings) {
      int count = list.size();
      list.add(0);
      for (int at = 0; at < mapping.length; at++) {
        int length = encoding(mapping, at);
        if (length > 0) {
          list.set(count, list.get(count) + 1);
          list.add(at);
          list.add(length);
        }
      }
    }
    list.add(straddling());
    return list;
  }

  /** How many ordered pairs of pages make an encoding where one ends and the other begins. */
  private int straddling() {
    List<byte[]> heads = new ArrayList<>();
    List<byte[]> tails = new ArrayList<>();
    for (byte[] mapping : mappings) {
      for (int page = 0; page < mapping.length; page += PAGE) {
        heads.add(java.util.Arrays.copyOfRange(mapping, page, page + 3));
        tails.add(java.util.Arrays.copyOfRange(mapping, page + PAGE - 3, page + PAGE));
      }
    }
    int pairs = 0;
    for (byte[] tail : tails) {
      for (byte[] head : heads) {
        byte[] edge = java.util.Arrays.copyOf(tail, 6);
        System.arraycopy(head, 0, edge, 3, 3);
        boolean straddles = false;
        for (int at = 0; at < 3; at++) {
          straddles |= at + encoding(edge, at) > 3;
        }
        pairs += straddles ? 1 : 0;
      }
    }
    return pairs;
  }
}
