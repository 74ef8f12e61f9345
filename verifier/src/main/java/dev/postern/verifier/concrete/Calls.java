package dev.postern.verifier.concrete;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.model.Register;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.x86.Gpr;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Legitimate calls: what a well-behaved driver in the source guest does. */
public final class Calls {

  /** A user code selector, ring 3. */
  private static final int USER_CS = 0x33;

  /** Linear distance of the return address from the stack, in the caller's memory. */
  private static final long RETURN_DISTANCE = 0x800;

  /** Instructions a call may execute before it enters and after it has left the view. */
  private static final long OUTSIDE_THE_VIEW = 1024;

  private static final long MOST = 1 << 20;

  private Calls() {}

  /** The start of a call through {@code gate} with every argument {@code argument}. */
  public static Scenario scenario(Policy policy, Gate gate, long argument) {
    View from = policy.view(gate.from()).orElseThrow();
    return scenario(policy, gate, argument, callerMemory(from) + (argument & 0xff) * 16);
  }

  private static Scenario scenario(Policy policy, Gate gate, long argument, long stack) {
    View from = policy.view(gate.from()).orElseThrow();
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

  /**
   * Runs a call until it returns, stops, breaks a theorem or uses up the gate's bound.
   *
   * @param world of the caller's VM, which no run has touched
   */
  public static Run run(World world, Gate gate, long argument) {
    return run(world, gate, scenario(world.policy(), gate, argument));
  }

  private static Run run(World world, Gate gate, long argument, long distance) {
    Policy policy = world.policy();
    long stack = callerMemory(policy.view(gate.from()).orElseThrow()) + distance;
    return run(world, gate, scenario(policy, gate, argument, stack));
  }

  private static Run run(World world, Gate gate, Scenario scenario) {
    OptionalLong back =
        gate.returnsThrough().isPresent()
            ? OptionalLong.of(scenario.gprs().getOrDefault(gpr(gate.returnsThrough().get()), 0L))
            : OptionalLong.empty();
    int budget = (int) Math.min(gate.maxInstructions() + OUTSIDE_THE_VIEW, MOST);
    return Run.call(world, scenario, Judge.Baseline.LEARNING, budget, back);
  }

  /** Whether a call that used up its budget ran longer than its gate allows. */
  public static boolean coversBound(Gate gate) {
    return gate.maxInstructions() + OUTSIDE_THE_VIEW <= MOST;
  }

  /** Arguments of calls that may pass, and stacks, by their distance from the first. */
  private static final List<Long> ARGUMENTS = List.of(0L, 1L, 5L, 64L, 0x4000L);

  private static final List<Long> STACKS = List.of(0L, 80L);

  /**
   * What every call through the gates of {@code vm} does before it has passed: what those calls
   * that do pass, with different stacks and arguments, have in common, so that nothing the caller
   * chooses counts.
   */
  public static Judge.Baseline baseline(Policy policy, String vm) {
    World untouched = new World(policy, vm);
    Set<Long> cells = new HashSet<>();
    Set<Long> stackPointers = new HashSet<>();
    for (Gate gate : policy.gates()) {
      if (policy.view(gate.from()).map(view -> view.vm().equals(vm)).orElse(false)) {
        List<Run> passing =
            ARGUMENTS.stream()
                .flatMap(argument ->
                    STACKS.stream().map(stack -> run(untouched.anew(), gate, argument, stack)))
                .filter(run -> run.calledWith().isPresent())
                .toList();
        if (passing.size() > 1) {
          Set<Long> common = new HashSet<>(passing.getFirst().cellsBeforeGate());
          passing.forEach(run -> common.retainAll(run.cellsBeforeGate()));
          cells.addAll(common);
          if (passing.stream().map(Run::calledWith).distinct().count() == 1) {
            passing.getFirst().calledWith().ifPresent(stackPointers::add);
          }
        }
      }
    }
    return new Judge.Baseline(cells, stackPointers, false);
  }

  private static Gpr gpr(Register register) {
    return Gpr.valueOf(register.name());
  }
}
