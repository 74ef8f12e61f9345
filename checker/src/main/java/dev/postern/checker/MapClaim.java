package dev.postern.checker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/**
 * Sorted disjoint ranges of unsigned keys, each of a class, in two maps or more, and which pairs of
 * classes may not share a key. Two maps: the classes of the first are rows, those of the second
 * columns, and {@code absence} says whether a key of the first that the second lacks violates too.
 * Several: all maps have the same classes, and no key of two of them may have a pair of the table
 * in either order.
 */
public final class MapClaim {

  /** One map: arrays of equal length, owned by the claim. */
  public static final class Ranges {
    private final String digest;
    private final long[] first;
    private final long[] last;
    private final int[] classOf;

    /**
     * Takes the arrays over.
     *
     * @param digest of the map itself, by the producer: classes have their meaning there
     */
    public Ranges(String digest, long[] first, long[] last, int[] classOf) {
      if (first.length != last.length || first.length != classOf.length) {
        throw new IllegalArgumentException("bounds and classes differ in number");
      }
      this.digest = digest;
      this.first = first;
      this.last = last;
      this.classOf = classOf;
    }

    public int size() {
      return first.length;
    }

    public long first(int i) {
      return first[i];
    }

    public long last(int i) {
      return last[i];
    }

    public int classOf(int i) {
      return classOf[i];
    }
  }

  /** Whether a pair of classes violates. */
  public interface Table {
    boolean violates(int row, int column);
  }

  private final String name;
  private final boolean pairwise;
  private final boolean absence;
  private final List<Ranges> maps;
  private final int rows;
  private final int columns;
  private final byte[] table;

  public MapClaim(
      String name,
      boolean pairwise,
      boolean absence,
      List<Ranges> maps,
      int rows,
      int columns,
      Table violates) {
    if ((long) rows * columns > Limits.PAIRS || (!pairwise && maps.size() != 2)) {
      throw new IllegalArgumentException("a claim of that form is not checked");
    }
    this.name = name;
    this.pairwise = pairwise;
    this.absence = absence;
    this.maps = List.copyOf(maps);
    this.rows = rows;
    this.columns = columns;
    this.table = new byte[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        table[r * columns + c] = (byte) (violates.violates(r, c) ? 1 : 0);
      }
    }
  }

  /** What evidence names: everything the claim says. */
  public byte[] digest() {
    MessageDigest sha = Checker.sha256();
    sha.update("postern-map-claim-1\0".getBytes(StandardCharsets.US_ASCII));
    text(sha, name);
    numbers(sha, pairwise ? 1 : 0, absence ? 1 : 0, rows, columns, maps.size());
    sha.update(table);
    ByteBuffer chunk = ByteBuffer.allocate(20 * 4096);
    for (Ranges map : maps) {
      text(sha, map.digest);
      numbers(sha, map.size());
      for (int i = 0; i < map.size(); i++) {
        chunk.putLong(map.first(i)).putLong(map.last(i)).putInt(map.classOf(i));
        if (!chunk.hasRemaining() || i + 1 == map.size()) {
          sha.update(chunk.flip());
          chunk.clear();
        }
      }
    }
    return sha.digest();
  }

  private static void text(MessageDigest sha, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    numbers(sha, utf8.length);
    sha.update(utf8);
  }

  private static void numbers(MessageDigest sha, int... numbers) {
    for (int number : numbers) {
      sha.update(ByteBuffer.allocate(4).putInt(number).flip());
    }
  }

  public boolean pairwise() {
    return pairwise;
  }

  public boolean absence() {
    return absence;
  }

  public List<Ranges> maps() {
    return maps;
  }

  /** Also says whether the class numbers exist. */
  public boolean violates(int row, int column) {
    return table[
            java.util.Objects.checkIndex(row, rows) * columns
                + java.util.Objects.checkIndex(column, columns)]
        != 0;
  }

  int classes() {
    return Math.max(rows, columns);
  }
}
