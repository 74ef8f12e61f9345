package dev.postern.verifier.rule;

import dev.postern.model.Cpu;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.Event;
import java.util.List;

/** What a mispredicted branch would reach is held back by a fence. */
final class Speculation extends WalkRule {

  @Override
  public RuleId id() {
    return RuleId.SPECULATION;
  }

  @Override
  public String statement() {
    return "between the last conditional branch and the gate's entry, and between a bounds check and "
        + "every access at a computed address, stands an LFENCE; no branch behind a gate is predicted "
        + "from what the guest left in the predictors: none is computed, and each return has its call; "
        + "the processor is not affected by L1 terminal fault, since VMFUNC flushes no cache";
  }

  @Override
  public String attack() {
    return "train the branch predictor in the default view, call the gate with an index out of bounds: "
        + "the access is made speculatively, and its cache footprint outlives the view";
  }

  @Override
  public List<String> assumptions() {
    return List.of("core-scheduling");
  }

  @Override
  String holds(GateWalk walk) {
    return "gate "
        + walk.gate().name()
        + " and every computed access behind it come after a fence; no branch is computed";
  }

  @Override
  List<Finding> before(Verification verification, View view) {
    return List.of(TerminalFault.of(verification, view));
  }

  @Override
  void inspect(Inquiry inquiry) {
    GateWalk walk = inquiry.walk();
    Cpu cpu = inquiry.verification().policy().cpu();
    if (cpu.with(Cpu.Feature.MDS_AFFECTED)) {
      inquiry.undecided(
          walk.start(),
          "the processor is affected by microarchitectural data sampling",
          "VERW before the exit is not modelled",
          "O-67");
    }
    if (!walk.start().fenced()) {
      inquiry.never(
          walk.start(),
          inquiry.algebra().constant(true),
          "the gate is passed without a fence behind its last branch",
          "unfenced",
          "O-67");
    }
    for (Event event : walk.events()) {
      if (event instanceof Event.Predicted predicted) {
        inquiry.never(
            predicted.state(),
            inquiry.algebra().constant(true),
            predicted.mnemonic() + " is predicted from what the guest left in the predictors",
            "predicted",
            "O-67");
      }
      if (event instanceof Event.Access access
          && access.known().isEmpty()
          && !access.state().fenced()) {
        inquiry.never(
            access.state(),
            inquiry
                .algebra()
                .not(inquiry.algebra().eq(access.count(), inquiry.algebra().constant(64, 0))),
            "an access at a computed address is not fenced off from the branch before it",
            "unfenced",
            "O-67");
      }
    }
  }
}
