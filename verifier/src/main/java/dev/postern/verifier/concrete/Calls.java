package dev.postern.verifier.concrete;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.model.Register;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.x86.Gpr;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Legitimate calls: what a well-behaved driver in the source guest does. */
public final class Calls {

  /** A user code selector, ring 3. */
  private static final int USER_CS = 0x33;

  /** Linear distance of the return address from the stack, in the caller's memory. */
  private static final long RETURN_DISTANCE = 0x800;

  private Calls() {}

  /** The start of a call through {@code gate} with every argument {@code argument}. */
  public static Scenario scenario(Policy policy, Gate gate, long argument) {
    View from = policy.view(gate.from()).orElseThrow();
    long stack = callerMemory(from) + (argument & 0xff) * 16;
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    for (Register register : gate.arguments()) {
      gprs.put(gpr(register), argument);
    }
    gprs.put(Gpr.RSP, stack);
    gate.returnsThrough().ifPresent(register -> gprs.put(gpr(register), stack + RETURN_DISTANCE));
    Scenario kernel = Scenario.at(from.vm(), from.index(), gate.enter().value(), gprs);
    return gate.privilegeLevel() == 0 ? kernel : kernel.withCs(USER_CS);
  }

  private static long callerMemory(View from) {
    return from.mappings().stream()
        .filter(m -> m.role() == Role.RAM && m.leaf().write() && m.size() >= 0x4000)
        .mapToLong(m -> m.la().value() + (m.size() / 2 & -0x1000L))
        .findFirst()
        .orElse(0x1000);
  }

  /** Runs a call until it returns, stops, breaks a theorem or uses up the gate's bound. */
  public static Run run(Policy policy, Gate gate, long argument) {
    Scenario scenario = scenario(policy, gate, argument);
    OptionalLong back =
        gate.returnsThrough().isPresent()
            ? OptionalLong.of(scenario.gprs().getOrDefault(gpr(gate.returnsThrough().get()), 0L))
            : OptionalLong.empty();
    int budget = (int) Math.min(gate.maxInstructions() + 1024, 1 << 20);
    return Run.call(
        new World(policy, scenario.vm()), scenario, Judge.Baseline.LEARNING, budget, back);
  }

  /**
   * What every call through the gates of {@code vm} does before it has passed: what two calls with
   * different stacks and arguments have in common, so that nothing the caller chooses counts.
   */
  public static Judge.Baseline baseline(Policy policy, String vm) {
    Set<Long> cells = new HashSet<>();
    Set<Long> stackPointers = new HashSet<>();
    for (Gate gate : policy.gates()) {
      if (policy.view(gate.from()).map(view -> view.vm().equals(vm)).orElse(false)) {
        Run one = run(policy, gate, 0);
        Run other = run(policy, gate, 5);
        Set<Long> common = new HashSet<>(one.cellsBeforeGate());
        common.retainAll(other.cellsBeforeGate());
        cells.addAll(common);
        if (one.calledWith().equals(other.calledWith())) {
          one.calledWith().ifPresent(stackPointers::add);
        }
      }
    }
    return new Judge.Baseline(cells, stackPointers, false);
  }

  private static Gpr gpr(Register register) {
    return Gpr.valueOf(register.name());
  }
}
