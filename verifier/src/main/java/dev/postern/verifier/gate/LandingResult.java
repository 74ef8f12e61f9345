package dev.postern.verifier.gate;

import dev.postern.model.Gate;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Query;
import java.util.List;

/** What happens at one landing, in all modes it can be reached in. */
public sealed interface LandingResult {

  Landing landing();

  /**
   * Every path ends in a trap, a fault or an exit, or passes a gate as it must.
   *
   * @param restsOn see {@link Desk#restsOn}
   */
  record Safe(Landing landing, List<Passing> passings, List<String> notes, List<Query> restsOn)
      implements LandingResult {
    public Safe {
      passings = List.copyOf(passings);
      notes = List.copyOf(notes);
      restsOn = List.copyOf(restsOn);
    }
  }

  /** {@code obligation} fails; the attack has been run. */
  record Unsafe(Landing landing, String obligation, String what, Counterexample attack)
      implements LandingResult {}

  /** Not decided. */
  record Undecided(Landing landing, String reason) implements LandingResult {}

  /**
   * The state that passes {@code gate}, ready to be followed; {@code desk} is what it is made of.
   */
  record Passing(Gate gate, State state, Desk desk) {}
}
