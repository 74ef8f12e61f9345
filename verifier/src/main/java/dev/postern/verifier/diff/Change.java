package dev.postern.verifier.diff;

import java.util.List;

/**
 * One difference.
 *
 * @param subject what it is about: a view and its pages, a machine, a gate
 * @param details further lines, such as a listing side by side
 */
public record Change(Direction direction, String subject, String text, List<String> details) {

  /** Which way it goes. */
  public enum Direction {
    /** More can be reached or done than before, or a promise fell away. */
    WIDENED,
    NARROWED,
    /** Neither, or not known to be either. */
    CHANGED;

    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public Change {
    details = List.copyOf(details);
  }

  Change(Direction direction, String subject, String text) {
    this(direction, subject, text, List.of());
  }
}
