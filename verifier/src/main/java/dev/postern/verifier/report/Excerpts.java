package dev.postern.verifier.report;

import dev.postern.model.Location;
import java.util.Map;
import java.util.Optional;

/** The text behind a location, from whoever read the policy. */
@FunctionalInterface
public interface Excerpts {

  /** Nothing is known of the text. */
  Excerpts NONE = location -> Optional.empty();

  /** Cuts lines from whole texts, by file name. */
  static Excerpts of(Map<String, String> texts) {
    return location ->
        Optional.ofNullable(texts.get(location.file()))
            .flatMap(text -> text.lines().skip(location.line() - 1L).findFirst());
  }

  /** The whole line, without its line end. */
  Optional<String> line(Location location);
}
