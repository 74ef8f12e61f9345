package dev.postern.verifier.map;

import dev.postern.checker.MapClaim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Ranges in ascending order in, chunks out: merges neighbours that touch and are equal, and cuts
 * where {@link Chunk} says. The only way to make chunks, so that a map that was edited is cut as
 * one that was built.
 */
final class Cutter<V> {

  private static final int FEW = 64;

  private final List<V> values;
  private final Function<? super V, String> canonical;
  private final List<String> texts = new ArrayList<>();
  private long[] first = new long[FEW]; // these three grow together, up to Chunk.MOST
  private long[] last = new long[FEW];
  private int[] classOf = new int[FEW];
  private int count;
  private int[] ownNumber = new int[16]; // of each class in the chunk at hand, plus one; else 0
  private final List<Chunk<V>> chunks = new ArrayList<>();

  /**
   * A cutter of ranges whose values go by their index in {@code values}.
   *
   * @param values each once; may grow behind the cutter's back
   */
  Cutter(List<V> values, Function<? super V, String> canonical) {
    this.values = values;
    this.canonical = canonical;
  }

  /** Adds keys above all before: {@code from} to {@code to}, both included. */
  void add(long from, long to, int value) {
    if (count > 0 && classOf[count - 1] == value && last[count - 1] + 1 == from) {
      last[count - 1] = to;
      return;
    }
    if (cutsBefore(from)) {
      cut();
    }
    if (count == first.length) {
      grow();
    }
    first[count] = from;
    last[count] = to;
    classOf[count] = value;
    count++;
  }

  private void grow() {
    int room = Math.min(4 * count, Chunk.MOST);
    first = Arrays.copyOf(first, room);
    last = Arrays.copyOf(last, room);
    classOf = Arrays.copyOf(classOf, room);
  }

  /** Whether a range that begins there, and is not the one before it continued, begins a chunk. */
  boolean cutsBefore(long from) {
    return count == 0 || count == Chunk.MOST || Chunk.begins(from);
  }

  /** All chunks; the cutter is done. */
  List<Chunk<V>> chunks() {
    cut();
    return chunks;
  }

  private void cut() {
    if (count == 0) {
      return;
    }
    if (ownNumber.length < values.size()) {
      ownNumber = new int[2 * values.size()];
    }
    List<V> ownValues = new ArrayList<>();
    List<String> ownTexts = new ArrayList<>();
    int[] own = new int[count];
    for (int i = 0; i < count; i++) {
      int value = classOf[i];
      if (ownNumber[value] == 0) {
        ownValues.add(values.get(value));
        ownTexts.add(text(value));
        ownNumber[value] = ownValues.size();
      }
      own[i] = ownNumber[value] - 1;
    }
    for (int i = 0; i < count; i++) {
      ownNumber[classOf[i]] = 0;
    }
    MapClaim.Block block =
        new MapClaim.Block(Arrays.copyOf(first, count), Arrays.copyOf(last, count), own);
    chunks.add(new Chunk<>(block, ownValues, ownTexts));
    count = 0;
  }

  private String text(int value) {
    while (texts.size() < values.size()) {
      texts.add(canonical.apply(values.get(texts.size())));
    }
    return texts.get(value);
  }
}
