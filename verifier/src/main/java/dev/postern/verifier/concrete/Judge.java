package dev.postern.verifier.concrete;

import dev.postern.model.Control;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The two theorems, stated on what is executed. Watches a run event by event and answers the first
 * thing that must not happen:
 *
 * <ul>
 *   <li>confinement: memory outside the approved set is reached, or a frame that is executable in
 *       any view is written;
 *   <li>mediation: in a protected view, before a gate has been passed, a protected page is touched
 *       (but for the private cells every call touches), control goes to an address the caller chose
 *       or through the guest's descriptor tables, an exception is delivered into the view, an
 *       encoding is reached that the SDM reserves, so that a processor may do any of these;
 *       protected code is entered at its call point in a state no gate gives; the view is left
 *       elsewhere than at its gate's exit.
 * </ul>
 *
 * <p>A gate is passed when its call point is reached in its view, in 64-bit mode, at its privilege
 * level, by way of its landing, with ECX naming the view and RSP where every call has it.
 */
public final class Judge {

  /**
   * What every legitimate call does before its gate is passed, learnt by running some.
   *
   * @param cells linear addresses of private bytes touched
   * @param stackPointers RSP at the call points
   * @param learning whether any private byte may be touched, as while these are collected
   */
  public record Baseline(Set<Long> cells, Set<Long> stackPointers, boolean learning) {

    /** Nothing is known yet. */
    public static final Baseline LEARNING = new Baseline(Set.of(), Set.of(), true);

    public Baseline {
      cells = Set.copyOf(cells);
      stackPointers = Set.copyOf(stackPointers);
    }
  }

  private static final long PAGE = PageSize.SMALL.bytes();

  private final World world;
  private final Policy policy;
  private final Baseline baseline;
  private final Map<Access, Boolean> approved = new HashMap<>();
  private Optional<Gate> landedAt = Optional.empty();
  private Optional<Gate> passed = Optional.empty();

  /** To the page at offset {@code page} of {@code owner}'s. */
  private record Access(Frames.Owner owner, long page, boolean write) {}

  public Judge(World world, Baseline baseline) {
    this.world = world;
    this.policy = world.policy();
    this.baseline = baseline;
  }

  /** The gate whose call point has been reached properly, while its view is not left. */
  public Optional<Gate> passed() {
    return passed;
  }

  /** Looks at the machine as it stands before a step: has a call point been reached? */
  public Optional<String> beforeStep(ConcreteMachine machine) {
    if (machine.view().isDefault() || passed.isPresent()) {
      return Optional.empty();
    }
    for (Gate gate : world.gatesCalledAt(machine.la())) {
      if (mapsCode(machine, gate)) {
        Optional<String> wrong = wrongEntry(machine, gate);
        if (wrong.isEmpty()) {
          passed = Optional.of(gate);
        }
        return wrong.map(why -> "gate " + gate.name() + ": protected code entered " + why);
      }
    }
    return Optional.empty();
  }

  /** Whether the view has code at the gate's call point at all; if not, the fetch ends the run. */
  private boolean mapsCode(ConcreteMachine machine, Gate gate) {
    return machine.view().mappings().stream()
        .anyMatch(m ->
            m.role() == Role.CODE
                && Long.compareUnsigned(gate.calls().value() - m.la().value(), m.size()) < 0);
  }

  private Optional<String> wrongEntry(ConcreteMachine machine, Gate gate) {
    if (!machine.view().name().equals(gate.to())) {
      return Optional.of("in view " + machine.view().name() + ", not " + gate.to());
    }
    if (!landedAt.equals(Optional.of(gate))) {
      return Optional.of("without its landing");
    }
    if (machine.mode() != Mode.BITS64) {
      return Optional.of("in " + machine.mode().bits() + "-bit mode");
    }
    if (machine.privilegeLevel() != gate.privilegeLevel()) {
      return Optional.of("at CPL " + machine.privilegeLevel());
    }
    if ((int) machine.register(Gpr.RCX) != machine.view().index()) {
      return Optional.of("with ecx=0x" + Integer.toHexString((int) machine.register(Gpr.RCX)));
    }
    long rsp = machine.register(Gpr.RSP);
    if (!baseline.learning() && !baseline.stackPointers().contains(rsp)) {
      return Optional.of("with the caller's stack pointer, rsp=0x" + Long.toHexString(rsp));
    }
    return Optional.empty();
  }

  /** Looks at one event of a step. */
  public Optional<String> afterEvent(ConcreteMachine machine, Event event) {
    return switch (event) {
      case Event.Begins begins -> Optional.empty();
      case Event.Predicts predicts -> Optional.empty();
      case Event.Fences fences -> Optional.empty();
      case Event.Calls calls -> Optional.empty();
      case Event.Touches touches -> touches(touches);
      case Event.Switches switches -> switches(switches);
      case Event.BranchesIndirectly branch ->
          unguarded(branch.view())
              ? Optional.of(
                  "control goes to an address taken from the caller's state: 0x"
                      + Long.toHexString(branch.target()))
              : Optional.empty();
      case Event.Transfers transfer ->
          isProtected(transfer.view())
              ? Optional.of(
                  transfer.mnemonic().name().toLowerCase(java.util.Locale.ROOT)
                      + " in a protected view goes through tables the guest owns")
              : Optional.empty();
    };
  }

  /** Looks at how the run ended. */
  public Optional<String> atStop(ConcreteMachine machine, Stop stop) {
    if (stop instanceof Stop.Raised raised
        && !machine.view().isDefault()
        && !raised.intercepted()
        && !descriptorTablesUnreachable(machine.view())) {
      return Optional.of(
          "#" + raised.vector() + " is delivered inside the view, through the guest's IDT");
    }
    if (stop instanceof Stop.Reserved reserved && !machine.view().isDefault() && passed.isEmpty()) {
      return Optional.of(
          "an encoding is executed that the SDM reserves, whatever it does: " + reserved.what());
    }
    return Optional.empty();
  }

  /**
   * No descriptor table can lie in the view: LIDT and LGDT exit, and every page demands locked
   * tables.
   */
  private boolean descriptorTablesUnreachable(View view) {
    return world.vm().lock().has(Lock.Kind.HLAT)
        && world.controls().holds(Control.K8)
        && world.controls().holds(Control.K15)
        && view.mappings().stream().allMatch(m -> m.leaf().verifyGuestPaging());
  }

  private boolean isProtected(int view) {
    return world.slot(view).map(v -> !v.isDefault()).orElse(false);
  }

  private boolean unguarded(int view) {
    return isProtected(view) && passed.isEmpty();
  }

  private Optional<String> switches(Event.Switches switches) {
    Optional<Gate> leaving = passed;
    landedAt = Optional.empty();
    passed = Optional.empty();
    if (isProtected(switches.from()) && leaving.isPresent()) {
      Gate gate = leaving.get();
      boolean home = world.slot(switches.to()).map(v -> v.name().equals(gate.from())).orElse(false);
      if (!home || switches.end() != gate.left().value()) {
        return Optional.of("view " + gate.to() + " is left other than through gate " + gate.name());
      }
    }
    for (Gate gate : world.gatesEnteredAt(switches.end())) {
      if (world.slot(switches.to()).map(v -> v.name().equals(gate.to())).orElse(false)) {
        landedAt = Optional.of(gate);
      }
    }
    return Optional.empty();
  }

  private Optional<String> touches(Event.Touches touches) {
    if (!isProtected(touches.view())) {
      return Optional.empty();
    }
    Mapping mapping = touches.mapping();
    if (touches.kind() == AccessKind.WRITE && executableSomewhere(mapping, touches.gpa())) {
      return Optional.of("writes " + mapping.name() + ", whose frame is executable");
    }
    if (!reachable(mapping, touches)) {
      return Optional.of("reaches " + mapping.name() + " outside the approved set");
    }
    if (passed.isPresent() || mapping.role() == Role.TRAMPOLINE) {
      return Optional.empty();
    }
    if (mapping.role() == Role.PRIVATE && (baseline.learning() || inBaseline(touches))) {
      return Optional.empty();
    }
    return Optional.of(
        (touches.kind() == AccessKind.WRITE ? "writes " : "reads ")
            + mapping.name()
            + " at 0x"
            + Long.toHexString(touches.gpa())
            + " before any gate is passed");
  }

  private boolean inBaseline(Event.Touches touches) {
    for (int i = 0; i < touches.bytes(); i++) {
      if (!baseline.cells().contains(touches.la() + i)) {
        return false;
      }
    }
    return true;
  }

  private boolean executableSomewhere(Mapping written, long gpa) {
    long offset = written.frames().offset() + (gpa - written.gpa().value());
    Frames.Owner owner = written.frames().owner();
    return world.code(owner).stream().anyMatch(frames -> holds(frames, owner, offset));
  }

  private boolean reachable(Mapping mapping, Event.Touches touches) {
    long offset = mapping.frames().offset() + (touches.gpa() - mapping.gpa().value());
    Frames.Owner owner = mapping.frames().owner();
    Access access = new Access(owner, offset & -PAGE, touches.kind() == AccessKind.WRITE);
    return owner instanceof Frames.Owner.Loader
        || approved.computeIfAbsent(access, this::approved)
        || ownMemory(owner, offset);
  }

  /** Approvals are of whole pages. */
  private boolean approved(Access access) {
    for (Vm vm : policy.vms()) {
      for (Vm.Approval approval : vm.approvals()) {
        boolean mine =
            approval.source().equals(world.vm().name())
                || approval.sharedWith().contains(world.vm().name());
        if (mine
            && holds(approval.frames(), access.owner, access.page)
            && (!access.write || approval.write())) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean ownMemory(Frames.Owner owner, long offset) {
    if (owner instanceof Frames.Owner.Memory memory) {
      return memory.vm().equals(world.vm().name());
    }
    return world.vm().memory().stream()
        .anyMatch(region ->
            region.host().isPresent()
                && Long.compareUnsigned(offset - region.host().get().value(), region.size()) < 0);
  }

  private static boolean holds(Frames frames, Frames.Owner owner, long offset) {
    return frames.owner().equals(owner)
        && Long.compareUnsigned(offset - frames.offset(), frames.size()) < 0;
  }
}
