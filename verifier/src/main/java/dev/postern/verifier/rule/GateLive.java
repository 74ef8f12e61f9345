package dev.postern.verifier.rule;

import dev.postern.model.Gate;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.concrete.Calls;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.concrete.Run;
import dev.postern.verifier.concrete.Stop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Each gate's legitimate call, executed, reaches the protected entry and comes back. */
final class GateLive implements Rule {

  /** Argument values tried: nothing to do, and a few small ones. */
  private static final long[] ARGUMENTS = {0, 1, 5, 64};

  @Override
  public RuleId id() {
    return RuleId.GATE_LIVE;
  }

  @Override
  public String statement() {
    return "each gate's legitimate call, executed on the concrete machine, reaches its protected "
        + "entry and returns to its caller in the default view";
  }

  @Override
  public String attack() {
    return "none: a gate nobody can pass is secure and useless, and everything proved behind it "
        + "would be proved about nothing";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K1");
  }

  @Override
  public List<Finding> check(Verification verification) {
    return verification.eachFinding(
        verification.protectedViews(), view -> calls(verification, view));
  }

  private List<Finding> calls(Verification verification, View view) {
    List<Finding> findings = new ArrayList<>();
    List<Gate> gates = verification.gatesInto(view);
    for (Gate gate : gates) {
      findings.add(call(verification, view, gate));
    }
    if (gates.isEmpty()) {
      findings.add(
          new Obligation(id(), List.of(), view.name(), "gates", Optional.of(view.at()))
              .proved(
                  "no gate is declared, so none is to be live",
                  verification.stopwatch().by("enumeration")));
    }
    return findings;
  }

  private Finding call(Verification verification, View view, Gate gate) {
    Verification.Stopwatch watch = verification.stopwatch();
    Obligation obligation =
        new Obligation(id(), List.of(), view.name(), gate.name(), Optional.of(gate.at()));
    Replayer replayer = verification.replayer();
    String caller = verification.policy().view(gate.from()).orElseThrow().vm();
    Run run = Calls.run(replayer.world(caller), gate, ARGUMENTS[0]);
    for (int i = 1; i < ARGUMENTS.length && !returns(run); i++) {
      run = Calls.run(replayer.world(caller), gate, ARGUMENTS[i]);
    }
    verification.covers(id(), "calls through " + gate.name(), 1);
    Evidence evidence = watch.by("execution");
    if (returns(run)) {
      return obligation.proved(
          "the call enters view " + gate.to() + " and returns to its caller", evidence);
    }
    String what =
        "the call "
            + (run.calledWith().isPresent()
                ? "passes the gate but does not return"
                : "does not pass the gate")
            + ": "
            + run.violation().orElse(run.stop().map(Stop::toString).orElse("it runs on"));
    if (undecided(run, gate)) {
      String stop = run.stop().map(Stop::toString).orElse("it runs on");
      return obligation.unknown(
          what, "the concrete machine cannot execute the call: " + stop, evidence);
    }
    Counterexample stuck =
        Calls.scenario(verification.policy(), gate, ARGUMENTS[ARGUMENTS.length - 1])
            .asCounterexample(what, run.trace())
            .showing("stuck");
    return obligation.refuted(what, stuck, evidence);
  }

  /**
   * A call that has run longer than its gate allows, and not because protected code did, does not
   * come back; nor does one that goes, in the default view, where a policy cannot say: through
   * tables of the guest's. Protected code that runs longer is for {@link Bounded} to judge, and
   * protected code that goes through tables for {@link CodeContained}.
   */
  private static boolean undecided(Run run, Gate gate) {
    boolean runsOn = run.stop().filter(Stop.Budget.class::isInstance).isPresent();
    boolean inside = run.protectedSteps() > gate.maxInstructions();
    boolean throughTables = run.stop().filter(Stop.ThroughTables.class::isInstance).isPresent();
    return run.stop().filter(Stop.Unmodelled.class::isInstance).isPresent()
        || (throughTables && !run.machine().view().isDefault())
        || (runsOn && (inside || !Calls.coversBound(gate)));
  }

  private static boolean returns(Run run) {
    return run.calledWith().isPresent() && run.returned();
  }
}
