package dev.postern.silicon;

import dev.postern.verifier.concrete.AccessKind;
import dev.postern.verifier.concrete.ConcreteMachine;
import dev.postern.verifier.concrete.Stop;
import dev.postern.verifier.concrete.World;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mnemonic;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The concrete machine beside the emulated one: the same view, address and sixteen registers after
 * every instruction, and an end of the same kind.
 */
public final class Lockstep {

  /**
   * What came of a comparison.
   *
   * @param difference where the two differ; empty if they agree
   * @param instructions compared
   * @param expected the concrete machine's end
   * @param unmodelled whether the concrete machine stopped at what it does not model
   */
  public record Result(
      Optional<String> difference, int instructions, String expected, boolean unmodelled) {}

  private final Trial trial;
  private final Outcome outcome;
  private final ConcreteMachine machine;
  private final List<State> states;

  private Lockstep(Host host, Trial trial, Outcome outcome) {
    this.trial = trial;
    this.outcome = outcome;
    this.machine =
        new ConcreteMachine(
            new World(host.policy(), trial.start().vm()), trial.start(), OptionalLong.empty());
    this.states = outcome.steps();
  }

  /** Compares a trial that was stepped. */
  public static Result compare(Host host, Trial trial, Outcome outcome) {
    if (trial.steps() == 0) {
      throw new IllegalArgumentException(trial.name() + " was not stepped");
    }
    return new Lockstep(host, trial, outcome).compare();
  }

  private Result compare() {
    int next = 0;
    for (int count = 0; count < trial.steps(); count++) {
      long from = machine.la();
      Optional<Stop> stop = machine.step();
      if (stop.isPresent()) {
        return ended(stop.get(), next, count);
      }
      // Of the rounds of a repeated string instruction the last is reported.
      while (next < states.size() - 1
          && machine.la() != from
          && states.get(next).value("rip") == from) {
        next++;
      }
      if (next >= states.size()) {
        return outcome.cut() || leftTheAddressSpace() || branchedToNothing()
            ? new Result(Optional.empty(), count, "goes on", false)
            : different(count, "goes on", "the processor ends with " + outcome.text());
      }
      Optional<String> difference = difference(states.get(next));
      if (difference.isPresent()) {
        return different(count, "goes on", difference.get());
      }
      next++;
    }
    return new Result(Optional.empty(), trial.steps(), "goes on", false);
  }

  /** A branch to a non-canonical address faults on the processor, the fetch behind it on ours. */
  private boolean leftTheAddressSpace() {
    return outcome.exit() == Outcome.EXCEPTION
        && outcome.value("vec") == 13
        && machine.la() << 16 >> 16 != machine.la();
  }

  /** A branch to where no table leads: the fetch faults before the branch is reported as a step. */
  private boolean branchedToNothing() {
    return outcome.exit() == Outcome.EXCEPTION
        && outcome.value("vec") == 14
        && linear(outcome.value("rip")) == machine.la()
        && machine.step().filter(Stop.NoTranslation.class::isInstance).isPresent();
  }

  private Result different(int count, String expected, String what) {
    return new Result(
        Optional.of("after " + count + " instructions: " + what), count, expected, false);
  }

  private Optional<String> difference(State state) {
    if (state.value("idx") != machine.viewIndex()) {
      return Optional.of("view " + state.value("idx") + ", not " + machine.viewIndex());
    }
    if (linear(state.value("rip")) != machine.la()) {
      return Optional.of("rip " + hex(state.value("rip")) + ", not " + hex(machine.la()));
    }
    for (Gpr gpr : Gpr.values()) {
      String name = gpr.name().toLowerCase(Locale.ROOT);
      if (state.value(name) != machine.register(gpr)) {
        return Optional.of(
            name
                + " is "
                + hex(state.value(name))
                + ", not "
                + hex(machine.register(gpr))
                + ", before "
                + hex(machine.la()));
      }
    }
    return Optional.empty();
  }

  private long linear(long rip) {
    return trial.start().mode().bits() == 16 ? (trial.start().rip() & -0x10000L) + rip : rip;
  }

  private Result ended(Stop stop, int next, int count) {
    String expected = stop.toString();
    if (unmodelled(stop)) {
      return new Result(Optional.empty(), count, expected, true);
    }
    int rest = states.size() - next;
    boolean same =
        switch (stop) {
          // A repeated instruction may have had rounds before the one that is refused.
          case Stop.EptViolation(int view, _, long gpa, AccessKind kind) ->
              outcome.exit() == Outcome.EPT_VIOLATION
                  && outcome.value("idx") == view
                  && page(outcome.value("gpa")) == page(gpa)
                  && permits(kind, outcome.value("qual"));
          case Stop.EptMisconfiguration(_, long gpa) ->
              outcome.exit() == Outcome.EPT_MISCONFIGURATION
                  && page(outcome.value("gpa")) == page(gpa);
          // What we say no table maps, the processor's tables may map to a page no view has.
          case Stop.NoTranslation _ -> refused();
          case Stop.VmfuncExit _ -> outcome.exit() == Outcome.VMFUNC && rest == 0;
          case Stop.VmExit(Mnemonic mnemonic) -> exits(mnemonic) && rest == 0;
          case Stop.Raised raised ->
              outcome.exit() == Outcome.EXCEPTION
                  && outcome.value("vec") == raised.vector().vector();
          case Stop.Returned _, Stop.Budget _ -> true;
          case Stop.Reserved _, Stop.ThroughTables _, Stop.Unmodelled _ -> false;
        };
    return same
        ? new Result(Optional.empty(), count, expected, false)
        : different(count, expected, "the processor ends with " + outcome.text());
  }

  /** Whether the processor may go on where the concrete machine ended. */
  static boolean unmodelled(Stop stop) {
    return stop instanceof Stop.Unmodelled
        || stop instanceof Stop.ThroughTables
        || stop instanceof Stop.Reserved;
  }

  private boolean refused() {
    return outcome.exit() == Outcome.EPT_VIOLATION
        || (outcome.exit() == Outcome.EXCEPTION
            && (outcome.value("vec") == 14
                || outcome.value("vec") == 13
                || outcome.value("vec") == 12));
  }

  private boolean exits(Mnemonic mnemonic) {
    return mnemonic == Mnemonic.VMCALL
        ? outcome.exit() == Outcome.VMCALL
        : outcome.exit() != Outcome.EPT_VIOLATION && !outcome.cut();
  }

  private static boolean permits(AccessKind kind, long qualification) {
    return switch (kind) {
      case READ -> (qualification & 1) != 0;
      case WRITE -> (qualification & 2) != 0;
      case FETCH -> (qualification & 4) != 0;
    };
  }

  private static long page(long address) {
    return address >>> 12;
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
