package dev.postern.dsl.diagnostic;

import dev.postern.model.Location;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/** Collects what is wrong; the same mistake at the same place counts once. */
public final class Diagnostics {

  /**
   * Most that are kept. A file of a megabyte can be wrong at every character; after a thousand
   * nobody reads on.
   */
  public static final int MAX_DIAGNOSTICS = 1000;

  private final SequencedSet<Diagnostic> all = new LinkedHashSet<>();
  private int dropped;
  private Optional<Location> firstDropped = Optional.empty();

  public void add(Diagnostic diagnostic) {
    if (all.size() < MAX_DIAGNOSTICS) {
      all.add(diagnostic);
    } else if (!all.contains(diagnostic)) {
      dropped++;
      if (firstDropped.isEmpty()) {
        firstDropped = Optional.of(diagnostic.at());
      }
    }
  }

  /** Adds an error. */
  public void error(Code code, Location at, String message) {
    add(Diagnostic.error(code, at, message));
  }

  /** Adds an error with a hint. */
  public void error(Code code, Location at, String message, String hint) {
    add(Diagnostic.error(code, at, message).hint(hint));
  }

  public boolean hasErrors() {
    return all.stream().anyMatch(d -> d.severity() == Diagnostic.Severity.ERROR);
  }

  /** How many are kept so far. */
  public int size() {
    return all.size();
  }

  /** By place; what was dropped is counted in a last one. */
  public List<Diagnostic> sorted() {
    List<Diagnostic> list = new ArrayList<>(all);
    list.sort(
        Comparator.comparing(
            Diagnostic::at,
            Comparator.comparing(Location::file)
                .thenComparingInt(Location::line)
                .thenComparingInt(Location::column)));
    firstDropped.ifPresent(at ->
        list.add(
            Diagnostic.error(
                Code.TOO_MANY_ERRORS,
                at,
                dropped
                    + " more errors, this the first of them; the limit is "
                    + MAX_DIAGNOSTICS)));
    return List.copyOf(list);
  }
}
