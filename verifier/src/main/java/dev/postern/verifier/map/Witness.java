package dev.postern.verifier.map;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a {@link Question} holds: for each range of the left map, in order, the index of the first
 * range of the right map that does not lie wholly below it. With these, checking is one pass that
 * compares neighbours and searches for nothing.
 *
 * <p>It is of all ranges, and is put together of what {@link Meeting}s of left chunks have: a chunk
 * whose meeting is known costs its bytes and no sweep.
 *
 * <p>Names the question and both maps by digest; {@link WitnessChecker} refuses any other.
 */
public final class Witness {

  private final String question;
  private final MapDigest left;
  private final MapDigest right;
  private final Form form;
  private volatile int @Nullable [] starts;

  /** How the indices are held. */
  private sealed interface Form {
    record Listed(int[] starts) implements Form {}

    /** By left chunk: what is shared with the witnesses of maps that have the same chunks. */
    record InPieces(List<Piece> pieces) implements Form {}
  }

  /**
   * A left chunk's part.
   *
   * @param base index of the first range in the meeting's right chunks
   */
  record Piece(Meeting meeting, int base) {}

  /** A witness of whatever the indices say. */
  public Witness(String question, MapDigest left, MapDigest right, int[] starts) {
    this(question, left, right, new Form.Listed(starts.clone()));
  }

  Witness(String question, MapDigest left, MapDigest right, List<Piece> pieces) {
    this(question, left, right, new Form.InPieces(List.copyOf(pieces)));
  }

  private Witness(String question, MapDigest left, MapDigest right, Form form) {
    this.question = question;
    this.left = left;
    this.right = right;
    this.form = form;
  }

  public String question() {
    return question;
  }

  public MapDigest left() {
    return left;
  }

  public MapDigest right() {
    return right;
  }

  /** How many ranges of the left map the witness speaks of. */
  public int size() {
    return switch (form) {
      case Form.Listed(int[] all) -> all.length;
      case Form.InPieces(List<Piece> pieces) ->
          pieces.stream().mapToInt(piece -> piece.meeting().size()).sum();
    };
  }

  /** Index into the right map for range {@code i} of the left map. */
  public int start(int i) {
    return starts()[i];
  }

  private int[] starts() {
    int[] known = starts;
    if (known == null) {
      known =
          switch (form) {
            case Form.Listed(int[] all) -> all;
            case Form.InPieces(List<Piece> pieces) -> listed(pieces);
          };
      starts = known;
    }
    return known;
  }

  private int[] listed(List<Piece> pieces) {
    int[] all = new int[size()];
    int n = 0;
    for (Piece piece : pieces) {
      int start = piece.base() + piece.meeting().firstStart();
      all[n] = start;
      Steps.sums(piece.meeting().steps(), start, all, n + 1);
      n += piece.meeting().size();
    }
    return all;
  }

  /**
   * The indices as the checker reads them: of each left range, how far its index is from the one
   * before. The same bytes, however the witness is held.
   */
  public byte[] steps() {
    int before = 0;
    switch (form) {
      case Form.Listed(int[] all) -> {
        Steps steps = new Steps(all.length);
        for (int start : all) {
          steps.add(start - before);
          before = start;
        }
        return steps.toArray();
      }
      case Form.InPieces(List<Piece> pieces) -> {
        int room = pieces.stream().mapToInt(piece -> piece.meeting().steps().length + 5).sum();
        Steps steps = new Steps(room);
        for (Piece piece : pieces) {
          Meeting meeting = piece.meeting();
          steps.add(piece.base() + meeting.firstStart() - before);
          steps.addAll(meeting.steps());
          before = piece.base() + meeting.lastStart();
        }
        return steps.toArray();
      }
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Witness that
        && question.equals(that.question)
        && left.equals(that.left)
        && right.equals(that.right)
        && Arrays.equals(starts(), that.starts());
  }

  @Override
  public int hashCode() {
    return 31 * left.hashCode() + right.hashCode();
  }

  @Override
  public String toString() {
    return "witness of %s over %d ranges".formatted(question, size());
  }
}
