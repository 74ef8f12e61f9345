package dev.postern.checker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * Sorted disjoint ranges of unsigned keys, each of a class, in two maps or more, and which pairs of
 * classes may share a key; all others violate the claim. Two maps: a class of the first and one of
 * the second, and {@code absence} says whether a key of the first that the second lacks violates
 * too. Several: all maps have the same classes, and no key may have a pair of two of them that is
 * not allowed, in whatever order. Pairs, and not a table: ten thousand classes have a hundred
 * million, of which few meet.
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

  private final String name;
  private final boolean pairwise;
  private final boolean absence;
  private final List<Ranges> maps;
  private final long[] allowed;

  /**
   * Takes the arrays over.
   *
   * @param allowed pairs of classes that may share a key, ascending; of several maps, each with the
   *     smaller class first
   */
  public MapClaim(
      String name, boolean pairwise, boolean absence, List<Ranges> maps, long... allowed) {
    this.name = name;
    this.pairwise = pairwise;
    this.absence = absence;
    this.maps = List.copyOf(maps);
    this.allowed = allowed;
    if (!pairwise && maps.size() != 2) {
      throw new IllegalArgumentException("a claim of that form is not checked");
    }
    for (int i = 1; i < allowed.length; i++) {
      if (allowed[i - 1] >= allowed[i]) {
        throw new IllegalArgumentException("pairs do not ascend");
      }
    }
  }

  /** A pair of classes as one number. */
  public static long pair(int row, int column) {
    return (long) row << 32 | column;
  }

  /** What evidence names: everything the claim says. */
  public byte[] digest() {
    MessageDigest sha = Checker.sha256();
    sha.update("postern-map-claim-2\0".getBytes(StandardCharsets.US_ASCII));
    text(sha, name);
    numbers(sha, pairwise ? 1 : 0, absence ? 1 : 0, maps.size(), allowed.length);
    ByteBuffer pairs = ByteBuffer.allocate(8 * allowed.length);
    pairs.asLongBuffer().put(allowed);
    sha.update(pairs);
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

  public String name() {
    return name;
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

  public boolean violates(int row, int column) {
    boolean swap = pairwise && column < row;
    return Arrays.binarySearch(allowed, swap ? pair(column, row) : pair(row, column)) < 0;
  }

  /** Classes are below this. */
  int classes() {
    int highest = -1;
    for (Ranges map : maps) {
      for (int number : map.classOf) {
        highest = Math.max(highest, number);
      }
    }
    return highest + 1;
  }
}
