package dev.postern.verifier.gate;

import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Facts;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.Gpr;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known of the registers whenever an instruction behind a gate is reached: on all paths, in
 * all rounds. Of the values alone, not of the conditions of the paths; so less than is proved.
 */
public final class Known {

  /**
   * What is known of one register.
   *
   * @param callers whether it holds what the caller had in it
   */
  public record Value(Facts facts, boolean callers) {

    private Value or(Value other) {
      return new Value(facts.or(other.facts), callers && other.callers);
    }
  }

  private final State landed;
  private final SortedMap<Long, Map<Gpr, Value>> known = new TreeMap<>(Long::compareUnsigned);

  /** Where {@code landed} is the state at the gate's landing. */
  Known(State landed) {
    this.landed = landed;
  }

  void at(State state) {
    Map<Gpr, Value> here = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      Term term = state.gpr(gpr);
      here.put(gpr, new Value(term.facts(), term.equals(landed.gpr(gpr))));
    }
    known.merge(
        state.la(),
        here,
        (old, now) -> {
          now.replaceAll((gpr, value) -> value.or(old.getOrDefault(gpr, value)));
          return now;
        });
  }

  /** By linear address; instructions that no path reaches are not in it. */
  public SortedMap<Long, Map<Gpr, Value>> byAddress() {
    return Collections.unmodifiableSortedMap(known);
  }
}
