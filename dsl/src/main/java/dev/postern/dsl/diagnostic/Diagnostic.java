package dev.postern.dsl.diagnostic;

import dev.postern.model.Location;
import java.util.List;
import java.util.Optional;

/**
 * One thing wrong with a policy.
 *
 * @param message the fact, lower case, one sentence without a full stop
 * @param at the first place
 * @param also further places involved, each with its part
 * @param hint what to write instead, where that can be said
 */
public record Diagnostic(
    Code code,
    Severity severity,
    String message,
    Location at,
    List<Place> also,
    Optional<String> hint) {

  /** Whether a policy can be had in spite of it. */
  public enum Severity {
    ERROR,
    WARNING
  }

  /** A further place: {@code note} says what stands there. */
  public record Place(Location at, String note) {}

  public Diagnostic {
    also = List.copyOf(also);
  }

  public static Diagnostic error(Code code, Location at, String message) {
    return new Diagnostic(code, Severity.ERROR, message, at, List.of(), Optional.empty());
  }

  public Diagnostic hint(String text) {
    return new Diagnostic(code, severity, message, at, also, Optional.of(text));
  }

  public Diagnostic hint(Optional<String> text) {
    return text.isEmpty() ? this : hint(text.get());
  }

  /** The same with one more place. */
  public Diagnostic also(Location place, String note) {
    List<Place> places = new java.util.ArrayList<>(also);
    places.add(new Place(place, note));
    return new Diagnostic(code, severity, message, at, places, hint);
  }
}
