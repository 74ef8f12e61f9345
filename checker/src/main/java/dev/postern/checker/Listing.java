package dev.postern.checker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes in which VMFUNC's encodings are listed: {@code 0F 01 D4}, and {@code D5 pp 01 D4} with the
 * top bit of pp set, at any offset. A mapping's pages follow one another in linear memory; pages of
 * a view may also be put side by side in any order, so an encoding is looked for across the end of
 * each page and the beginning of each as well. The two are listed apart: what changes in a page
 * leaves the lists of others as they were.
 */
public final class Listing {

  private static final int PAGE = 4096;

  /** Bytes of a page's beginning and of its end that an encoding across its edge can have. */
  private static final int EDGE = 3;

  private final String kind;
  private final List<byte[]> parts;
  private final List<Integer> sites;

  private Listing(String kind, List<byte[]> parts, List<Integer> sites) {
    this.kind = kind;
    this.parts = parts;
    this.sites = sites;
  }

  /** Within the pages of one mapping: the number of sites, then of each its offset and length. */
  public static Listing within(byte[] mapping) {
    byte[] bytes = pages(mapping).clone();
    List<Integer> sites = new ArrayList<>();
    int count = 0;
    for (int at = 0; at < bytes.length; at++) {
      int length = encoding(bytes, at);
      if (length > 0) {
        count++;
        sites.add(at);
        sites.add(length);
      }
    }
    sites.addFirst(count);
    return new Listing("postern-bytes-2", List.of(bytes), sites);
  }

  /** Across edges: how many ordered pairs of pages make an encoding where one meets the other. */
  public static Listing across(List<byte[]> mappings) {
    List<byte[]> heads = new ArrayList<>();
    List<byte[]> tails = new ArrayList<>();
    for (byte[] mapping : mappings) {
      for (int page = 0; page < pages(mapping).length; page += PAGE) {
        heads.add(Arrays.copyOfRange(mapping, page, page + EDGE));
        tails.add(Arrays.copyOfRange(mapping, page + PAGE - EDGE, page + PAGE));
      }
    }
    int pairs = 0;
    for (byte[] tail : tails) {
      for (byte[] head : heads) {
        byte[] edge = Arrays.copyOf(tail, 2 * EDGE);
        System.arraycopy(head, 0, edge, EDGE, EDGE);
        boolean straddles = false;
        for (int at = 0; at < EDGE; at++) {
          straddles |= at + encoding(edge, at) > EDGE;
        }
        pairs += straddles ? 1 : 0;
      }
    }
    List<byte[]> edges = new ArrayList<>(heads);
    edges.addAll(tails);
    return new Listing("postern-edges-1", edges, List.of(pairs));
  }

  private static byte[] pages(byte[] mapping) {
    if (mapping.length == 0 || mapping.length % PAGE != 0) {
      throw new IllegalArgumentException("a mapping is whole pages");
    }
    return mapping;
  }

  public byte[] digest() {
    MessageDigest sha = Checker.sha256();
    sha.update((kind + "\0").getBytes(StandardCharsets.US_ASCII));
    for (byte[] part : parts) {
      sha.update(ByteBuffer.allocate(4).putInt(part.length).flip());
      sha.update(part);
    }
    return sha.digest();
  }

  /** The numbers of the list. */
  List<Integer> sites() {
    return sites;
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
}
