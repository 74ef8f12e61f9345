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
  private final List<Piece> pieces; // none where the indices were given
  private volatile int @Nullable [] starts; // none before somebody asks for one of the pieces'

  /**
   * A left chunk's part: shared with the witnesses of maps that have the same chunks.
   *
   * @param base index of the first range in the meeting's right chunks
   */
  record Piece(Meeting meeting, int base) {}

  /** A witness of whatever the indices say. */
  public Witness(String question, MapDigest left, MapDigest right, int[] starts) {
    this(question, left, right, List.of());
    this.starts = starts.clone();
  }

  Witness(String question, MapDigest left, MapDigest right, List<Piece> pieces) {
    this.question = question;
    this.left = left;
    this.right = right;
    this.pieces = List.copyOf(pieces);
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
    int[] known = starts;
    return known == null
        ? pieces.stream().mapToInt(piece -> piece.meeting().size()).sum()
        : known.length;
  }

  /** Index into the right map for range {@code i} of the left map. */
  public int start(int i) {
    return starts()[i];
  }

  private int[] starts() {
    int[] known = starts;
    if (known == null) {
      known = new int[size()];
      int n = 0;
      for (Piece piece : pieces) {
        int start = piece.base() + piece.meeting().firstStart();
        known[n] = start;
        Steps.sums(piece.meeting().steps(), start, known, n + 1);
        n += piece.meeting().size();
      }
      starts = known;
    }
    return known;
  }

  /**
   * The indices as the checker reads them: of each left range, how far its index is from the one
   * before. The same bytes, however the witness was come by.
   *
   * @param header stands before them
   */
  public byte[] steps(byte... header) {
    int before = 0;
    if (pieces.isEmpty()) {
      Steps steps = new Steps(header.length + size());
      steps.addAll(header);
      for (int start : starts()) {
        steps.add(start - before);
        before = start;
      }
      return steps.toArray();
    }
    int room = pieces.stream().mapToInt(piece -> piece.meeting().steps().length + 5).sum();
    Steps steps = new Steps(header.length + room);
    steps.addAll(header);
    for (Piece piece : pieces) {
      Meeting meeting = piece.meeting();
      steps.add(piece.base() + meeting.firstStart() - before);
      steps.addAll(meeting.steps());
      before = piece.base() + meeting.lastStart();
    }
    return steps.toArray();
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
