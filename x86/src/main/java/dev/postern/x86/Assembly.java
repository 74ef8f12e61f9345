package dev.postern.x86;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@link Assembler} makes of a text: {@link Code}, or every {@link Problem} found. Places in
 * the text are those the caller gave its lines.
 */
public sealed interface Assembly {

  /**
   * A line of source, as it stands in the file it comes from.
   *
   * @param number of the line, from 1
   * @param column at which {@code text} begins, from 1
   */
  record Line(int number, int column, String text) {}

  /** Bytes {@code offset} to {@code offset + length} come from line {@code line}. */
  record Place(int offset, int length, int line) {}

  /** A mistake in the text. */
  record Problem(int line, int column, String message, Optional<String> hint) {}

  /** Everything assembled. */
  final class Code implements Assembly {
    private final byte[] bytes;
    private final Map<String, Integer> labels;
    private final List<Place> places;

    Code(byte[] bytes, Map<String, Integer> labels, List<Place> places) {
      this.bytes = bytes;
      this.labels = Map.copyOf(labels);
      this.places = List.copyOf(places);
    }

    /** A copy. */
    public byte[] bytes() {
      return bytes.clone();
    }

    /** Offset of each label from the first byte. */
    public Map<String, Integer> labels() {
      return labels;
    }

    /** In order of offset, without gaps. */
    public List<Place> places() {
      return places;
    }

    /** The line that the byte at {@code offset} comes from. */
    public Optional<Integer> lineOf(int offset) {
      return places.stream()
          .filter(place -> place.offset() <= offset && offset < place.offset() + place.length())
          .map(Place::line)
          .findFirst();
    }
  }

  /** At least one problem, in order of place. */
  record Failed(List<Problem> problems) implements Assembly {
    public Failed {
      problems = List.copyOf(problems);
      if (problems.isEmpty()) {
        throw new IllegalArgumentException("a failure without a problem");
      }
    }
  }
}
