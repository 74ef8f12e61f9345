package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.List;

/** What protected code takes for granted of flags and segments has been made so by the gate. */
final class EntryState extends WalkRule {

  @Override
  public RuleId id() {
    return RuleId.ENTRY_STATE;
  }

  @Override
  public String statement() {
    return "every repeated string instruction behind a gate runs upwards: the direction flag is "
        + "proven clear there, whatever the caller left in it; protected code is integer code and "
        + "reads no segment base, control register or vector state of the caller's";
  }

  @Override
  public String attack() {
    return "set the direction flag and call the gate: rep movsb then copies downwards, out of the "
        + "window it was checked against and into what lies below";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K4", "K5", "K6");
  }

  @Override
  String holds(GateWalk walk) {
    return "string instructions behind gate " + walk.gate().name() + " run upwards";
  }

  @Override
  void inspect(Inquiry inquiry) {
    TermAlgebra algebra = inquiry.algebra();
    for (Event event : inquiry.walk().events()) {
      if (event instanceof Event.Access access && !access.count().isConstant(1)) {
        Term more = algebra.ult(algebra.constant(64, 1), access.count());
        inquiry.never(
            access.state(),
            algebra.and(more, access.descending()),
            "the caller's direction flag decides which way memory is copied",
            "stray",
            "O-59");
      }
    }
  }
}
