package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.RuleId;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.Event;
import java.util.List;

/** Protected code leaves its view within the gate's declared number of instructions. */
final class Bounded extends WalkRule {

  @Override
  public RuleId id() {
    return RuleId.BOUNDED;
  }

  @Override
  public String statement() {
    return "every path from a gate's landing leaves the view, or stops, within the number of "
        + "instructions the gate declares";
  }

  @Override
  public String attack() {
    return "call with arguments that make protected code loop: no VM exit happens in the view, and the "
        + "processor is lost to the host while the destination waits";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K19");
  }

  @Override
  String holds(GateWalk walk) {
    return "at most "
        + walk.longest()
        + " instructions behind gate "
        + walk.gate().name()
        + ", of "
        + walk.gate().maxInstructions()
        + " declared";
  }

  @Override
  void inspect(Inquiry inquiry) {
    GateWalk walk = inquiry.walk();
    String vm = walk.view().vm();
    if (!inquiry.verification().vm(walk.view()).controls().holds(Control.K19)) {
      inquiry.refute(
          walk.gate().name(),
          "no VMX-preemption timer bounds the time in the view",
          new PlatformStatement.ControlLax(vm, Control.K19),
          "O-53");
    }
    long most = walk.gate().maxInstructions();
    String what = "a path behind the gate is longer than the " + most + " instructions declared";
    if (walk.tooLong().isPresent()) {
      inquiry.refute(walk.start(), what, "longer " + most, walk.tooLong().get(), "O-53");
      return;
    }
    for (Event event : walk.events()) {
      if (event.state().instructions() + 1 > most) {
        inquiry.never(
            event.state(), inquiry.algebra().constant(true), what, "longer " + most, "O-53");
        return;
      }
    }
  }
}
