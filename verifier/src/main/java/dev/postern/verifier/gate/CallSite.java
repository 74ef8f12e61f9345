package dev.postern.verifier.gate;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.Verification;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.Explorer;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.machine.Watcher;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The way from a gate's entry to its VMFUNC, in the caller's view (O-14): whatever the registers
 * hold, VMFUNC is executed with EAX=0 and ECX naming the gate's view. Another EAX is #UD through
 * the guest's own IDT, or a leaf that does not exist yet.
 */
public final class CallSite {

  private static final Explorer.Limits LIMITS = new Explorer.Limits(4096, 64);

  private CallSite() {}

  /** What is wrong with a call site. */
  public sealed interface Verdict {

    record Sound() implements Verdict {}

    /** A call from the gate's entry does not switch views; {@code attack} has been run. */
    record Loose(String what, Counterexample attack) implements Verdict {}

    record Undecided(String reason) implements Verdict {}
  }

  /** Decides the call site of {@code gate}. */
  public static Verdict decide(Verification verification, Gate gate) {
    Policy policy = verification.policy();
    View from = policy.view(gate.from()).orElseThrow();
    Vm vm = verification.vm(from);
    int index = policy.view(gate.to()).orElseThrow().index();
    Desk desk = new Desk(Landings.prover(verification));
    TermAlgebra algebra = desk.algebra();
    List<Event> events = new ArrayList<>();
    new Explorer(
            algebra,
            desk.names(),
            new AddressSpace(policy, from, vm),
            desk,
            Set.of(),
            LIMITS,
            event -> {
              events.add(event);
              return Watcher.Next.GO_ON;
            })
        .explore(State.anywhere(algebra, Mode.BITS64, gate.enter().value()));
    Optional<String> cut = Optional.empty();
    for (Event event : events) {
      if (event instanceof Event.Vmfunc vmfunc) {
        State state = vmfunc.state();
        Term right =
            algebra.and(
                algebra.eq(low(algebra, state, Gpr.RAX), algebra.constant(32, 0)),
                algebra.eq(low(algebra, state, Gpr.RCX), algebra.constant(32, index)));
        String what = "the gate's VMFUNC is reached with EAX other than 0, or ECX than " + index;
        switch (desk.ask(what, state.condition(), algebra.not(right))) {
          case Answer.Unsat none -> {}
          case Answer.Unknown unknown -> cut = Optional.of(unknown.reason());
          case Answer.Sat sat -> {
            return attack(verification, gate, from, algebra, sat.model(), what);
          }
        }
      } else if (event instanceof Event.Unmodelled unmodelled) {
        cut = Optional.of(unmodelled.what());
      } else if (event instanceof Event.Reserved reserved) {
        cut = Optional.of("reserved by the SDM: " + reserved.what());
      } else if (event instanceof Event.Exits exits) {
        // In the default view the hypervisor resumes behind it; O-48 speaks of protected views.
        cut = Optional.of(exits.mnemonic() + " exits, and what it comes back with is not followed");
      } else if (event instanceof Event.Indirect) {
        cut = Optional.of("a computed branch is not followed");
      }
    }
    return cut.<Verdict>map(Verdict.Undecided::new).orElseGet(Verdict.Sound::new);
  }

  private static Term low(TermAlgebra algebra, State state, Gpr gpr) {
    return algebra.extract(state.gpr(gpr), 31, 0);
  }

  private static Verdict attack(
      Verification verification,
      Gate gate,
      View from,
      TermAlgebra algebra,
      Model model,
      String what) {
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      String name = gpr.name().toLowerCase(Locale.ROOT);
      gprs.put(gpr, model.value(algebra.variable(name, 64)).low());
    }
    Counterexample untried =
        Scenario.at(from.vm(), from.index(), gate.enter().value(), gprs)
            .asCounterexample(what, List.of())
            .showing("stuck");
    return verification
        .replayer()
        .confirm(untried)
        .<Verdict>map(shown -> new Verdict.Loose(what, shown))
        .orElseGet(() -> new Verdict.Undecided("a model was found, but its run does not show it"));
  }
}
