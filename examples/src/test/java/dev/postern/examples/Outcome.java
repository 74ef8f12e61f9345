package dev.postern.examples;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.concrete.AccessKind;
import dev.postern.verifier.concrete.ConcreteMachine;
import dev.postern.verifier.concrete.Event;
import dev.postern.verifier.concrete.Judge;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import dev.postern.verifier.concrete.World;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What one run came to, as far as the two theorems can tell.
 *
 * @param violation the theorem that broke
 * @param stop why the run ended; empty when it came back to the guest's own code
 * @param switches view indices switched to, in order
 * @param passed registers and control flags when a gate was passed
 * @param writes what was written in protected views: address and bytes of each access
 * @param registersWhenLeft registers at the last switch back to the default view
 * @param executed linear addresses of the bytes executed in protected views
 */
record Outcome(
    Optional<String> violation,
    Optional<Stop> stop,
    List<Integer> switches,
    Optional<Passed> passed,
    List<Long> writes,
    Optional<Map<Gpr, Long>> registersWhenLeft,
    Set<Long> executed) {

  /** The processor at a gate's call point. */
  record Passed(String gate, Map<Gpr, Long> registers, Map<Flag, Boolean> control) {}

  private static final List<Flag> CONTROL = List.of(Flag.DF, Flag.AC, Flag.NT, Flag.TF);

  static Outcome of(World world, Scenario scenario, Judge.Baseline baseline, int budget) {
    ConcreteMachine machine = new ConcreteMachine(world, scenario, OptionalLong.empty());
    Judge judge = new Judge(world, baseline);
    Optional<String> violation = Optional.empty();
    Optional<Stop> stop = Optional.empty();
    Optional<Passed> passed = Optional.empty();
    Optional<Map<Gpr, Long>> left = Optional.empty();
    List<Integer> switches = new ArrayList<>();
    List<Long> writes = new ArrayList<>();
    Set<Long> executed = new HashSet<>();
    for (int i = 0; i < budget && violation.isEmpty() && stop.isEmpty(); i++) {
      if (i > 0 && home(world, machine)) {
        return new Outcome(violation, stop, switches, passed, writes, left, executed);
      }
      violation = judge.beforeStep(machine);
      if (violation.isPresent()) {
        break;
      }
      if (passed.isEmpty()) {
        passed = judge.passed().map(gate -> passed(gate.name(), machine));
      }
      if (!machine.view().isDefault()) {
        int length = machine.instructionLength();
        for (int b = 0; b < length; b++) {
          executed.add(machine.la() + b);
        }
      }
      stop = machine.step();
      boolean returns = false;
      for (Event event : machine.events()) {
        if (event instanceof Event.Switches change) {
          switches.add(change.to());
          if (machine.view().isDefault()) {
            left = Optional.of(registers(machine));
          }
        }
        if (event instanceof Event.Touches touch
            && touch.kind() == AccessKind.WRITE
            && touch.view() != 0) {
          writes.add(touch.gpa());
        }
        returns |= event instanceof Event.BranchesIndirectly && machine.view().isDefault();
        if (violation.isEmpty()) {
          violation = judge.afterEvent(machine, event);
        }
      }
      if (returns && violation.isEmpty() && stop.isEmpty()) {
        return new Outcome(violation, stop, switches, passed, writes, left, executed);
      }
      if (violation.isEmpty() && stop.isPresent()) {
        violation = judge.atStop(machine, stop.get());
      }
    }
    return new Outcome(
        violation,
        Optional.of(stop.orElse(new Stop.Budget())),
        switches,
        passed,
        writes,
        left,
        executed);
  }

  /** Whether the guest runs its own code again: it could have done so from the start. */
  private static boolean home(World world, ConcreteMachine machine) {
    return machine.view().isDefault()
        && machine.view().mappings().stream()
            .filter(mapping -> mapping.role() == Role.TRAMPOLINE)
            .noneMatch(mapping -> holds(mapping, machine.la()));
  }

  private static boolean holds(Mapping mapping, long la) {
    return Long.compareUnsigned(la - mapping.la().value(), mapping.size()) < 0;
  }

  private static Map<Gpr, Long> registers(ConcreteMachine machine) {
    Map<Gpr, Long> registers = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      registers.put(gpr, machine.register(gpr));
    }
    return registers;
  }

  private static Passed passed(String gate, ConcreteMachine machine) {
    Map<Flag, Boolean> control = new EnumMap<>(Flag.class);
    CONTROL.forEach(flag -> control.put(flag, machine.flag(flag).isTrue()));
    return new Passed(gate, registers(machine), control);
  }
}
