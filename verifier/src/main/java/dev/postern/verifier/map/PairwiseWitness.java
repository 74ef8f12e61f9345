package dev.postern.verifier.map;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why no two of several maps conflict: the order in which a pass over all of them opens and closes
 * ranges. Each step is the number of the map whose next bound is due: the first key of its next
 * range if none is open, else the key after the last one of the open range. With this a check needs
 * no queue.
 */
public final class PairwiseWitness {

  private final String question;
  private final List<MapDigest> maps;
  private final short[] steps;

  public PairwiseWitness(String question, List<MapDigest> maps, short[] steps) {
    this.question = question;
    this.maps = List.copyOf(maps);
    this.steps = steps.clone();
  }

  public String question() {
    return question;
  }

  public List<MapDigest> maps() {
    return maps;
  }

  public int size() {
    return steps.length;
  }

  /** The map that step {@code n} advances. */
  public int step(int n) {
    return Short.toUnsignedInt(steps[n]);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PairwiseWitness that
        && question.equals(that.question)
        && maps.equals(that.maps)
        && Arrays.equals(steps, that.steps);
  }

  @Override
  public int hashCode() {
    return maps.hashCode();
  }

  @Override
  public String toString() {
    return "witness of %s over %d maps, %d steps".formatted(question, maps.size(), steps.length);
  }
}
