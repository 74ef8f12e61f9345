package dev.postern.checker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sorted disjoint ranges of unsigned keys, each of a class, in two maps or more, and which pairs of
 * classes may share a key; all others violate the claim. Two maps: a class of the first and one of
 * the second, and {@code absence} says whether a key of the first that the second lacks violates
 * too. Several: all maps have the same classes, and no key may have a pair of two of them that is
 * not allowed, in whatever order. Pairs, and not a table: ten thousand classes have a hundred
 * million, of which few meet.
 */
public final class MapClaim {

  /**
   * Consecutive ranges of a map, with classes numbered among themselves: arrays of equal length,
   * owned by the block, which never change. A map that differs from another in few places shares
   * the blocks of all others with it, and their digests.
   */
  public static final class Block {
    private final long[] first;
    private final long[] last;
    private final int[] classOf;
    private volatile byte @Nullable [] digest;

    /** Takes the arrays over. */
    public Block(long[] first, long[] last, int... classOf) {
      if (first.length != last.length || first.length != classOf.length) {
        throw new IllegalArgumentException("bounds and classes differ in number");
      }
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

    /** SHA-256 of all it holds; taken once. */
    public byte[] digest() {
      return known().clone();
    }

    private byte[] known() {
      byte[] known = digest;
      if (known == null) {
        MessageDigest sha = Checker.sha256();
        sha.update("postern-block-1\0".getBytes(StandardCharsets.US_ASCII));
        numbers(sha, first.length);
        longs(sha, first);
        longs(sha, last);
        numbers(sha, classOf);
        known = sha.digest();
        digest = known;
      }
      return known;
    }
  }

  /** One map: blocks in a row. */
  public static final class Ranges {
    private final String digest;
    private final List<Block> blocks;
    private final List<int[]> classes;
    private final int[] start; // index of each block's first range, and of the end

    /**
     * Takes the arrays over.
     *
     * @param digest of the map itself, by the producer: classes have their meaning there
     * @param classes of each block: the claim's class for each of its own
     */
    public Ranges(String digest, List<Block> blocks, List<int[]> classes) {
      this.digest = digest;
      this.blocks = List.copyOf(blocks);
      this.classes = List.copyOf(classes);
      this.start = new int[blocks.size() + 1];
      for (int b = 0; b < blocks.size(); b++) {
        start[b + 1] = Math.addExact(start[b], blocks.get(b).size());
      }
    }

    /** A map in one block, whose classes are the claim's. */
    public Ranges(String digest, long[] first, long[] last, int... classOf) {
      this(
          digest,
          List.of(new Block(first, last, classOf)),
          List.of(IntStream.rangeClosed(0, IntStream.of(classOf).max().orElse(-1)).toArray()));
    }

    public int size() {
      return start[blocks.size()];
    }

    public long first(int i) {
      return new Cursor(this).first(i);
    }

    public long last(int i) {
      return new Cursor(this).last(i);
    }

    public int classOf(int i) {
      return new Cursor(this).classOf(i);
    }
  }

  /** Reads ranges by index, and remembers the block it read last. */
  static final class Cursor {
    private static final Block NONE = new Block(new long[0], new long[0]);

    private final Ranges map;
    private Block block = NONE;
    private int[] classes = new int[0];
    private int start;

    Cursor(Ranges map) {
      this.map = map;
    }

    int size() {
      return map.size();
    }

    long first(int i) {
      return block(i).first[i - start];
    }

    long last(int i) {
      return block(i).last[i - start];
    }

    int classOf(int i) {
      int own = block(i).classOf[i - start];
      return classes[own];
    }

    /** The block that holds range {@code i}: start[b] <= i < start[b + 1]. */
    private Block block(int i) {
      if (i < start || i - start >= block.size()) {
        int found = Arrays.binarySearch(map.start, i);
        int b = found < 0 ? -found - 2 : found;
        while (map.start[b + 1] == i) {
          b++; // no range is in an empty block
        }
        block = map.blocks.get(b);
        classes = map.classes.get(b);
        start = map.start[b];
      }
      return block;
    }
  }

  private final String name;
  private final boolean pairwise;
  private final boolean absence;
  private final List<Ranges> maps;
  private final long[] allowed;
  private final byte[] digest;

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
    this.digest = hash();
  }

  /** A pair of classes as one number. */
  public static long pair(int row, int column) {
    return (long) row << 32 | column;
  }

  /** What evidence names: everything the claim says; ranges and their own classes by block. */
  public byte[] digest() {
    return digest.clone();
  }

  private byte[] hash() {
    MessageDigest sha = Checker.sha256();
    sha.update("postern-map-claim-4\0".getBytes(StandardCharsets.US_ASCII));
    text(sha, name);
    numbers(sha, pairwise ? 1 : 0, absence ? 1 : 0, maps.size(), allowed.length);
    longs(sha, allowed);
    for (Ranges map : maps) {
      text(sha, map.digest);
      int numbers = map.classes.stream().mapToInt(classes -> 1 + classes.length).sum();
      ByteBuffer blocks = ByteBuffer.allocate(32 * map.blocks.size() + 4 * numbers);
      for (int b = 0; b < map.blocks.size(); b++) {
        blocks.put(map.blocks.get(b).known()).putInt(map.classes.get(b).length);
        IntStream.of(map.classes.get(b)).forEach(blocks::putInt);
      }
      numbers(sha, map.blocks.size());
      sha.update(blocks.flip());
    }
    return sha.digest();
  }

  private static void text(MessageDigest sha, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    numbers(sha, utf8.length);
    sha.update(utf8);
  }

  private static void numbers(MessageDigest sha, int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length);
    bytes.asIntBuffer().put(numbers);
    sha.update(bytes);
  }

  private static void longs(MessageDigest sha, long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length);
    bytes.asLongBuffer().put(numbers);
    sha.update(bytes);
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
      for (int[] block : map.classes) {
        for (int number : block) {
          highest = Math.max(highest, number);
        }
      }
    }
    return highest + 1;
  }
}
