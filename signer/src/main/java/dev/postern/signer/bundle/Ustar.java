package dev.postern.signer.bundle;

import dev.postern.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * POSIX.1-1988 ustar, reduced to one spelling: regular files only, sorted by name, mode 0644, owner
 * 0, time 0, no prefix, no directories, ended by two zero blocks and nothing else. {@code
 * read(write(m)) = m}, and {@code read} accepts exactly what {@code write} writes, so every byte of
 * an archive is either content or determined.
 */
public final class Ustar {

  private static final int BLOCK = 512;
  private static final int SIZE_AT = 124;
  private static final int CHECKSUM_AT = 148;
  private static final int TYPE_AT = 156;

  /** Relative, no empty segment, none that starts with a dot: no traversal and no hidden file. */
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9_%][A-Za-z0-9._%+-]*(/[A-Za-z0-9_%][A-Za-z0-9._%+-]*)*");

  private Ustar() {}

  /** Whether a member may be called so. */
  public static boolean isName(String name) {
    return name.length() <= Limits.NAME_BYTES && NAME.matcher(name).matches();
  }

  public static byte[] write(SortedMap<String, Bytes> members) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Map.Entry<String, Bytes> member : members.entrySet()) {
      if (!isName(member.getKey())) {
        throw new IllegalArgumentException("not a member name: " + member.getKey());
      }
      out.writeBytes(header(member.getKey(), member.getValue().size()));
      out.writeBytes(member.getValue().toArray());
      out.writeBytes(new byte[padding(member.getValue().size())]);
    }
    out.writeBytes(new byte[2 * BLOCK]);
    return out.toByteArray();
  }

  public static SortedMap<String, Bytes> read(byte[] archive) throws ArchiveException {
    if (archive.length > Limits.ARCHIVE_BYTES) {
      throw new ArchiveException("larger than " + Limits.ARCHIVE_BYTES + " bytes");
    }
    if (archive.length % BLOCK != 0) {
      throw new ArchiveException("not a whole number of 512-byte blocks");
    }
    SortedMap<String, Bytes> members = new TreeMap<>();
    int at = 0;
    while (at < archive.length && archive[at] != 0) {
      String name = name(archive, at);
      String where = "member " + name + ": ";
      if (!isName(name)) {
        throw new ArchiveException("not a member name: " + printable(name));
      }
      if (archive[at + TYPE_AT] != '0') {
        throw new ArchiveException(where + "not a regular file");
      }
      int size = size(archive, at, where);
      if (!Arrays.equals(
          header(name, size), 0, BLOCK, Arrays.copyOfRange(archive, at, at + BLOCK), 0, BLOCK)) {
        throw new ArchiveException(where + "header is not in canonical form");
      }
      at += BLOCK;
      if (size > archive.length - at) {
        throw new ArchiveException(where + "runs past the end");
      }
      int end = at + size;
      if (members.containsKey(name)) {
        throw new ArchiveException(where + "duplicate");
      }
      if (!members.isEmpty() && members.lastKey().compareTo(name) > 0) {
        throw new ArchiveException(where + "not sorted");
      }
      if (members.size() == Limits.MEMBERS) {
        throw new ArchiveException("more than " + Limits.MEMBERS + " members");
      }
      members.put(name, Bytes.of(Arrays.copyOfRange(archive, at, end)));
      at = end + padding(size);
      requireZero(archive, end, Math.min(at, archive.length), where + "padding is not zero");
    }
    if (archive.length - at != 2 * BLOCK) {
      throw new ArchiveException("not ended by exactly two zero blocks");
    }
    requireZero(archive, at, archive.length, "not ended by exactly two zero blocks");
    return members;
  }

  private static byte[] header(String name, int size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 108, "0000000\0");
    put(header, 116, "0000000\0");
    put(header, SIZE_AT, "%011o\0".formatted(size));
    put(header, 136, "00000000000\0");
    put(header, CHECKSUM_AT, "        ");
    put(header, TYPE_AT, "0");
    put(header, 257, "ustar\00000");
    put(header, 329, "0000000\0");
    put(header, 337, "0000000\0");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, CHECKSUM_AT, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static String name(byte[] archive, int at) {
    int end = at;
    while (end < at + Limits.NAME_BYTES && archive[end] != 0) {
      end++;
    }
    return new String(archive, at, end - at, StandardCharsets.ISO_8859_1);
  }

  private static int size(byte[] archive, int at, String where) throws ArchiveException {
    long size = 0;
    for (int i = at + SIZE_AT; i < at + SIZE_AT + 11; i++) {
      int digit = archive[i] - '0';
      if (digit < 0 || digit > 7) {
        throw new ArchiveException(where + "size is not octal");
      }
      size = size << 3 | digit;
    }
    if (size > Limits.ARCHIVE_BYTES) {
      throw new ArchiveException(where + "larger than " + Limits.ARCHIVE_BYTES + " bytes");
    }
    return (int) size;
  }

  private static int padding(int size) {
    return -size & (BLOCK - 1);
  }

  private static void requireZero(byte[] archive, int from, int to, String otherwise)
      throws ArchiveException {
    for (int i = from; i < to; i++) {
      if (archive[i] != 0) {
        throw new ArchiveException(otherwise);
      }
    }
  }

  private static String printable(String name) {
    return name.replaceAll("[^ -~]", "?");
  }
}
