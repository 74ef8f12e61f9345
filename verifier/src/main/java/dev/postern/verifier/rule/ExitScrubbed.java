package dev.postern.verifier.rule;

import dev.postern.model.Gate;
import dev.postern.model.Register;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.GateWalks;
import dev.postern.verifier.gate.Secrecy;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A view is left through its gate's exit only, and no register or flag carries protected memory
 * out.
 */
final class ExitScrubbed implements Rule {

  /** Flags the caller can read without privilege. */
  private static final Flag[] FLAGS = {
    Flag.CF, Flag.PF, Flag.AF, Flag.ZF, Flag.SF, Flag.DF, Flag.OF
  };

  @Override
  public RuleId id() {
    return RuleId.EXIT_SCRUBBED;
  }

  @Override
  public String statement() {
    return "protected code leaves its view only by its gate's exit VMFUNC, with EAX=0 and ECX naming "
        + "the caller's view; there every register and flag that is not a declared result has the "
        + "same value whatever protected memory holds (two runs, same caller, different memory), "
        + "and every preserved register has the caller's value";
  }

  @Override
  public String attack() {
    return "call the gate again and again and read the register that protected code forgot: each call "
        + "leaks eight bytes of another guest's memory";
  }

  @Override
  public List<String> assumptions() {
    return List.of("O-51");
  }

  @Override
  public List<Finding> check(Verification verification) {
    List<Finding> findings = new ArrayList<>();
    for (View view : verification.mediatedViews()) {
      List<GateWalk> walks = GateWalks.of(verification).into(view);
      verification.covers(id(), "gates into " + view.name(), walks.size());
      if (walks.isEmpty()) {
        findings.add(
            obligation(view, "gates", Optional.empty())
                .unknown(
                    "no gate into the view can be followed",
                    "no landing passes a gate; see landing-safe and gate-live",
                    verification.stopwatch().by("symbolic execution")));
      }
      for (GateWalk walk : walks) {
        synchronized (walk.desk()) {
          findings.addAll(exits(verification, view, walk));
        }
      }
    }
    return findings;
  }

  private Obligation obligation(View view, String subject, Optional<Gate> gate) {
    return new Obligation(
        id(),
        List.of("O-62", "O-61"),
        view.name(),
        subject,
        Optional.of(gate.map(Gate::at).orElse(view.at())));
  }

  private List<Finding> exits(Verification verification, View view, GateWalk walk) {
    Verification.Stopwatch watch = verification.stopwatch();
    List<Finding> findings = new ArrayList<>();
    int exits = 0;
    for (Event event : walk.events()) {
      if (event instanceof Event.Vmfunc vmfunc) {
        exits++;
        findings.addAll(exit(verification, view, walk, vmfunc));
      }
    }
    Obligation whole = obligation(view, walk.gate().name(), Optional.of(walk.gate()));
    Optional<String> cut = walk.cut();
    if (findings.isEmpty() && cut.isPresent()) {
      findings.add(
          whole.unknown(
              "a path behind the gate is not followed", cut.get(), watch.by("symbolic execution")));
    }
    if (findings.isEmpty()) {
      findings.add(
          whole.proved(
              exits
                  + (exits == 1 ? " exit" : " exits")
                  + " of view "
                  + view.name()
                  + ", each scrubbed and through the gate",
              watch.by("symbolic execution")));
    }
    return findings;
  }

  private List<Finding> exit(
      Verification verification, View view, GateWalk walk, Event.Vmfunc vmfunc) {
    Verification.Stopwatch watch = verification.stopwatch();
    Gate gate = walk.gate();
    State state = vmfunc.state();
    TermAlgebra algebra = walk.desk().algebra();
    List<Finding> findings = new ArrayList<>();
    String at = walk.subject(state);
    int home = verification.policy().view(gate.from()).orElseThrow().index();
    Term elsewhere =
        vmfunc.end() == gate.left().value()
            ? algebra.or(
                algebra.not(low(algebra, state, Gpr.RAX, 0)),
                algebra.not(low(algebra, state, Gpr.RCX, home)))
            : algebra.constant(true);
    switch (walk.desk().ask("is the view left elsewhere", state.condition(), elsewhere)) {
      case Answer.Unsat none -> {}
      case Answer.Unknown unknown ->
          findings.add(
              obligation(view, at, Optional.of(gate))
                  .unknown("whether the exit is the gate's", unknown.reason(), watch.by("z3")));
      case Answer.Sat sat ->
          findings.add(
              attack(
                  verification,
                  obligation(view, at, Optional.of(gate)),
                  "view " + view.name() + " is left other than through gate " + gate.name(),
                  walk.scenario(sat.model()).asCounterexample("", List.of()),
                  watch));
    }
    Secrecy secrecy = new Secrecy(walk);
    for (Gpr gpr : Gpr.values()) {
      Register register = Register.valueOf(gpr.name());
      if (!gate.results().contains(register)) {
        leak(verification, view, walk, secrecy, state, state.gpr(gpr), register.toString(), watch)
            .ifPresent(findings::add);
      }
      if (gate.preserves().contains(register)) {
        clobbered(verification, view, walk, state, gpr, watch).ifPresent(findings::add);
      }
    }
    for (Flag flag : FLAGS) {
      leak(verification, view, walk, secrecy, state, state.flag(flag), "flag " + flag, watch)
          .ifPresent(findings::add);
    }
    return findings;
  }

  private static Term low(TermAlgebra algebra, State state, Gpr gpr, int value) {
    return algebra.eq(algebra.extract(state.gpr(gpr), 31, 0), algebra.constant(32, value));
  }

  private Optional<Finding> leak(
      Verification verification,
      View view,
      GateWalk walk,
      Secrecy secrecy,
      State state,
      Term value,
      String name,
      Verification.Stopwatch watch) {
    Obligation obligation =
        obligation(view, walk.subject(state) + " " + name, Optional.of(walk.gate()));
    String what = name + " leaves the view with a value that depends on protected memory";
    return switch (secrecy.of(state.condition(), value)) {
      case Secrecy.Verdict.Public ok -> Optional.empty();
      case Secrecy.Verdict.Undecided undecided ->
          Optional.of(obligation.unknown(what, undecided.reason(), watch.by("z3")));
      case Secrecy.Verdict.Depends depends ->
          Optional.of(
              attack(
                  verification,
                  obligation,
                  what,
                  walk.twice(depends.one(), depends.other())
                      .asCounterexample("", List.of())
                      .showing("leak " + name),
                  watch));
    };
  }

  private Optional<Finding> clobbered(
      Verification verification,
      View view,
      GateWalk walk,
      State state,
      Gpr gpr,
      Verification.Stopwatch watch) {
    TermAlgebra algebra = walk.desk().algebra();
    Term changed = algebra.not(algebra.eq(state.gpr(gpr), walk.landed().gpr(gpr)));
    Obligation obligation =
        obligation(view, walk.subject(state) + " " + gpr, Optional.of(walk.gate()));
    String name = Register.valueOf(gpr.name()).toString();
    String what = "the gate preserves " + name + ", and it leaves changed";
    return switch (walk.desk().ask(what, state.condition(), changed)) {
      case Answer.Unsat none -> Optional.empty();
      case Answer.Unknown unknown ->
          Optional.of(obligation.unknown(what, unknown.reason(), watch.by("z3")));
      case Answer.Sat sat ->
          Optional.of(
              attack(
                  verification,
                  obligation,
                  what,
                  walk.scenario(sat.model())
                      .asCounterexample("", List.of())
                      .showing("clobber " + name),
                  watch));
    };
  }

  /**
   * Refuted if the run shows it; the machine over-approximates, so what does not replay is unknown.
   */
  private static Finding attack(
      Verification verification,
      Obligation obligation,
      String what,
      Counterexample untried,
      Verification.Stopwatch watch) {
    Counterexample named =
        new Counterexample(
            untried.kind(),
            what,
            untried.start(),
            untried.paging(),
            untried.memory(),
            untried.fetches(),
            List.of());
    return Replayer.confirm(verification.policy(), named)
        .map(shown -> obligation.refuted(what, shown, watch.by("symbolic execution")))
        .orElseGet(() ->
            obligation.unknown(
                what, "a model was found, but its run does not show it", watch.by("z3")));
  }
}
