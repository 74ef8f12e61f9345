package dev.postern.verifier.report;

import dev.postern.model.Location;
import java.util.Optional;

/** The text behind a location, from whoever read the policy. */
@FunctionalInterface
public interface Excerpts {

  /** Nothing is known of the text. */
  Excerpts NONE = location -> Optional.empty();

  /** The whole line, without its line end. */
  Optional<String> line(Location location);
}
