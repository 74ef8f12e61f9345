package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;

/**
 * What may hold each time a loop's head is reached, of a place of which nothing better is known.
 * All are guesses: {@link Invariant} keeps those that hold at first and that a round brings back.
 */
sealed interface Fact {

  /** Each round adds one or more to what was there, or, downwards, takes as much off. */
  record Progress(Place place, Term start, boolean down) implements Fact {}

  /** At most {@code most}, without a sign. */
  record AtMost(Place place, long most) implements Fact {}

  /** Bounds tried; wide enough that a sum of small numbers stays below. */
  List<Long> BOUNDS = List.of(0xfffL, 0xf_ffffL, 0xffff_ffffL);

  /** {@code round}: how often the head was reached before, 64 bits. */
  default Term in(TermAlgebra algebra, State state, Term round) {
    return switch (this) {
      case Progress(Place place, Term start, boolean down) -> {
        Term now = place.in(algebra, state);
        Term way = down ? algebra.sub(start, now) : algebra.sub(now, start);
        yield algebra.not(algebra.ult(wide(algebra, way), round));
      }
      case AtMost(Place place, long most) ->
          algebra.not(
              algebra.ult(algebra.constant(64, most), wide(algebra, place.in(algebra, state))));
    };
  }

  /** Those of a place of at most 64 bits that was as in {@code entry}. */
  static List<Fact> candidates(Place place, TermAlgebra algebra, State entry) {
    Term start = place.in(algebra, entry);
    List<Fact> facts = new ArrayList<>();
    if (start.width() < 8 || start.width() > 64) {
      return facts;
    }
    for (long bound : BOUNDS) {
      if (start.width() == 64 || bound >>> start.width() == 0) {
        facts.add(new AtMost(place, bound));
      }
    }
    facts.add(new Progress(place, start, false));
    facts.add(new Progress(place, start, true));
    return facts;
  }

  private static Term wide(TermAlgebra algebra, Term term) {
    return term.width() == 64 ? term : algebra.zeroExtend(term, 64);
  }
}
