package dev.postern.verifier.rule;

import dev.postern.model.Gate;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.gate.CallSite;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingResult;
import dev.postern.verifier.gate.Landings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Wherever execution can continue behind a VMFUNC, it traps, faults or passes a gate properly. */
final class LandingSafe implements Rule {

  @Override
  public RuleId id() {
    return RuleId.LANDING_SAFE;
  }

  @Override
  public String statement() {
    return "from every landing of the view, in every mode, with every register, flag and segment "
        + "the attacker's, each path ends in a trap, a fault or an exit, runs on until an interrupt "
        + "exits, or passes a gate with ECX "
        + "naming the view, in 64-bit mode, at the gate's privilege level, on the private stack; "
        + "until then it touches nothing but private cells at fixed addresses";
  }

  @Override
  public String attack() {
    return "jump straight to the exit's VMFUNC with ECX naming the protected view: what follows "
        + "runs there with the attacker's registers, and a pop, a store or a return through one of "
        + "them is a read, a write or a jump in protected memory";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K1", "K3", "K4", "K8", "K9", "K10", "O-48");
  }

  @Override
  public List<Finding> check(Verification verification) {
    return verification.eachFinding(
        verification.mediatedViews(),
        view -> {
          List<Finding> findings = new ArrayList<>();
          findings.add(decide(verification, view));
          for (Gate gate : verification.gatesInto(view)) {
            callSite(verification, view, gate).ifPresent(findings::add);
          }
          return findings;
        });
  }

  private Finding decide(Verification verification, View view) {
    Verification.Stopwatch watch = verification.stopwatch();
    Landings landings = Landings.of(verification);
    int count = landings.count(view);
    verification.covers(id(), "landings of " + view.name(), count);
    Optional<LandingResult.Unsafe> unsafe = landings.unsafe(view);
    if (unsafe.isPresent()) {
      Landing at = unsafe.get().landing();
      return obligation(view, at.subject(), unsafe.get().obligation())
          .at(at.mapping().at())
          .refuted(unsafe.get().what(), unsafe.get().attack(), by(watch));
    }
    Optional<LandingResult.Undecided> undecided = landings.undecided(view);
    if (undecided.isPresent()) {
      Landing at = undecided.get().landing();
      return obligation(view, at.subject(), "O-10")
          .at(at.mapping().at())
          .unknown("the landing is not decided", undecided.get().reason(), by(watch));
    }
    return obligation(view, "landings", "O-10", "O-11", "O-12", "O-14", "O-15", "O-16", "O-57")
        .proved(
            count + " landings, whichever view they are reached from, each safe in every mode",
            verification.evidence(watch, "symbolic execution", landings.restsOn(view)));
  }

  /** O-14: said only where it fails; the landings' own proof carries it where it holds. */
  private Optional<Finding> callSite(Verification verification, View view, Gate gate) {
    Verification.Stopwatch watch = verification.stopwatch();
    Obligation obligation =
        new Obligation(
            id(), List.of("O-14"), view.name(), gate.name() + " call", Optional.of(gate.at()));
    return switch (CallSite.decide(verification, gate)) {
      case CallSite.Verdict.Sound sound -> Optional.empty();
      case CallSite.Verdict.Loose loose ->
          Optional.of(obligation.refuted(loose.what(), loose.attack(), by(watch)));
      case CallSite.Verdict.Undecided undecided ->
          Optional.of(
              obligation.unknown(
                  "the way to the gate's VMFUNC is not decided", undecided.reason(), by(watch)));
    };
  }

  private static Evidence by(Verification.Stopwatch watch) {
    return watch.by("symbolic execution");
  }

  private Obligation obligation(View view, String subject, String... discharges) {
    return new Obligation(id(), List.of(discharges), view.name(), subject, Optional.of(view.at()));
  }
}
