package dev.postern.verifier.rule;

import dev.postern.model.Gate;
import dev.postern.model.Register;
import dev.postern.model.RuleId;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.Secrecy;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.List;

/**
 * A view is left through its gate's exit only, no register or flag carries protected memory out,
 * and no write to the source's own memory does.
 */
final class ExitScrubbed extends WalkRule {

  private static final String[] SCRUBBED = {"O-62", "O-61"};

  @Override
  public RuleId id() {
    return RuleId.EXIT_SCRUBBED;
  }

  @Override
  public String statement() {
    return "protected code leaves its view only by its gate's exit VMFUNC, with EAX=0 and ECX naming "
        + "the caller's view; there every register and flag that is not a declared result has the "
        + "same value whatever protected memory holds (two runs, same caller, different memory), "
        + "and every preserved register has the caller's value; what is written into a window of the "
        + "source's memory is the same too, but for what the window is declared to disclose";
  }

  @Override
  public String attack() {
    return "call the gate again and again and read the register that protected code forgot: each call "
        + "leaks eight bytes of another guest's memory; or read the window it copied too much into";
  }

  @Override
  public List<String> assumptions() {
    return List.of("O-51");
  }

  @Override
  String holds(GateWalk walk) {
    int exits = walk.exits().size();
    return exits
        + (exits == 1 ? " exit" : " exits")
        + " of view "
        + walk.view().name()
        + ", each scrubbed and through the gate";
  }

  @Override
  void inspect(Inquiry inquiry) {
    for (Event.Vmfunc exit : inquiry.walk().exits()) {
      through(inquiry, exit);
      carries(inquiry, exit.state());
    }
    new WindowWrites(inquiry).inspect();
  }

  private static void through(Inquiry inquiry, Event.Vmfunc vmfunc) {
    Gate gate = inquiry.gate();
    TermAlgebra algebra = inquiry.algebra();
    int home = inquiry.verification().policy().view(gate.from()).orElseThrow().index();
    Term elsewhere =
        vmfunc.end() == gate.left().value()
            ? algebra.or(
                algebra.not(low(algebra, vmfunc.state(), Gpr.RAX, 0)),
                algebra.not(low(algebra, vmfunc.state(), Gpr.RCX, home)))
            : algebra.constant(true);
    inquiry.never(
        vmfunc.state(),
        elsewhere,
        "view " + gate.to() + " is left other than through gate " + gate.name(),
        List.of("violation", "unswitched"),
        inquiry.walk()::scenario,
        SCRUBBED);
  }

  private static Term low(TermAlgebra algebra, State state, Gpr gpr, int value) {
    return algebra.eq(algebra.extract(state.gpr(gpr), 31, 0), algebra.constant(32, value));
  }

  private static void carries(Inquiry inquiry, State state) {
    Secrecy secrecy = new Secrecy(inquiry.walk());
    State landed = inquiry.walk().landed();
    for (Gpr gpr : Gpr.values()) {
      Register register = Register.valueOf(gpr.name());
      if (!inquiry.gate().results().contains(register)) {
        secret(inquiry, secrecy, state, state.gpr(gpr), register.toString());
      }
      if (inquiry.gate().preserves().contains(register)) {
        inquiry.never(
            state,
            inquiry.algebra().not(inquiry.algebra().eq(state.gpr(gpr), landed.gpr(gpr))),
            "the gate preserves " + register + ", and it leaves changed",
            "clobber " + register,
            SCRUBBED);
      }
    }
    for (Flag flag : Flag.values()) {
      secret(inquiry, secrecy, state, state.flag(flag), flag.toString());
    }
  }

  private static void secret(
      Inquiry inquiry, Secrecy secrecy, State state, Term value, String name) {
    String what = name + " leaves the view with a value that depends on protected memory";
    switch (secrecy.of(state.condition(), value)) {
      case Secrecy.Verdict.Public ok -> {}
      case Secrecy.Verdict.Undecided undecided ->
          inquiry.undecided(state, what, undecided.reason(), SCRUBBED);
      case Secrecy.Verdict.Depends depends ->
          inquiry.refute(
              state,
              what,
              "leak " + name,
              inquiry.walk().twice(depends.one(), depends.other()),
              SCRUBBED);
    }
  }
}
