package dev.postern.verifier.map;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Why a {@link Question} holds: for each range of the left map, in order, the index of the first
 * range of the right map that does not lie wholly below it. With these, checking is one pass that
 * compares neighbours and searches for nothing.
 *
 * <p>Names the question and both maps by digest; {@link WitnessChecker} refuses any other.
 */
public final class Witness {

  private final String question;
  private final MapDigest left;
  private final MapDigest right;
  private final int[] starts;

  public Witness(String question, MapDigest left, MapDigest right, int[] starts) {
    this.question = question;
    this.left = left;
    this.right = right;
    this.starts = starts.clone();
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
    return starts.length;
  }

  /** Index into the right map for range {@code i} of the left map. */
  public int start(int i) {
    return starts[i];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Witness that
        && question.equals(that.question)
        && left.equals(that.left)
        && right.equals(that.right)
        && Arrays.equals(starts, that.starts);
  }

  @Override
  public int hashCode() {
    return 31 * left.hashCode() + right.hashCode();
  }

  @Override
  public String toString() {
    return "witness of %s over %d ranges".formatted(question, starts.length);
  }
}
