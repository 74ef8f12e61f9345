package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.AccessKind;
import dev.postern.verifier.concrete.Calls;
import dev.postern.verifier.concrete.ConcreteMachine;
import dev.postern.verifier.concrete.Event;
import dev.postern.verifier.concrete.Judge;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import dev.postern.verifier.concrete.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One run of the concrete machine, watched for what an emulator needs to do the same: which memory
 * it touches, what other processors have to write before which instruction, which instruction
 * decides.
 */
final class Enactment {

  /** Bytes, in hex, that some other processor writes before an instruction. */
  record Write(int view, long gpa, String bytes, int when) {}

  private final Policy policy;
  private final Scenario start;
  private final World world;
  private final ConcreteMachine machine;
  private final Judge judge;
  private final Deque<Counterexample.Content> fetches = new ArrayDeque<>();
  private final List<Write> writes = new ArrayList<>();
  private final Set<Frames> touched = new HashSet<>();
  private OptionalInt violation = OptionalInt.empty();
  private OptionalInt firstSwitch = OptionalInt.empty();
  private OptionalInt lastLeft = OptionalInt.empty();
  private final Set<Long> lastTouched = new HashSet<>();
  private boolean throughTables;
  private Optional<Stop> stop = Optional.empty();
  private Optional<String> obstacle = Optional.empty();
  private int instructions;
  private int protectedInstructions;

  private Enactment(Policy policy, Scenario start) {
    this.policy = policy;
    this.start = start;
    this.world = new World(policy, start.vm());
    this.machine = new ConcreteMachine(world, start, OptionalLong.empty());
    this.judge = new Judge(world, Calls.baseline(policy, start.vm()));
    this.fetches.addAll(start.fetches());
  }

  /** Runs {@code start} for at most {@code limit} instructions. */
  static Enactment of(Policy policy, Scenario start, int limit) {
    Enactment enactment = new Enactment(policy, start);
    start.memory().forEach(c -> enactment.touch(c.view(), ViewTables.number(c.gpa())));
    start.paging().forEach(p -> enactment.touch(p.view(), ViewTables.number(p.gpa())));
    while (enactment.stop.isEmpty() && enactment.instructions < limit) {
      enactment.step();
    }
    return enactment;
  }

  private void step() {
    if (violation.isEmpty() && judge.beforeStep(machine).isPresent()) {
      violation = OptionalInt.of(instructions);
    }
    protectedInstructions += machine.view().isDefault() ? 0 : 1;
    Set<Long> answered = new HashSet<>();
    List<Event.Touches> answers = new ArrayList<>();
    lastTouched.clear();
    stop = machine.step();
    for (Event event : machine.events()) {
      if (violation.isEmpty() && judge.afterEvent(machine, event).isPresent()) {
        violation = OptionalInt.of(instructions + 1);
      }
      if (event instanceof Event.Switches && firstSwitch.isEmpty()) {
        firstSwitch = OptionalInt.of(instructions + 1);
      }
      if (event instanceof Event.Switches && machine.view().isDefault()) {
        lastLeft = OptionalInt.of(instructions + 1);
      }
      throughTables |=
          event instanceof Event.Transfers && violation.orElse(instructions + 1) > instructions;
      if (event instanceof Event.Touches touches) {
        touch(touches.view(), touches.gpa());
        lastTouched.add(touches.la() >>> 12);
        if (answer(touches, answered)) {
          answers.add(touches);
        }
      }
      if (event instanceof Event.Begins begins) {
        touch(
            begins.view(),
            begins.mapping().gpa().value() + begins.la() - begins.mapping().la().value());
      }
    }
    if (stop.isPresent() && violation.isEmpty() && judge.atStop(machine, stop.get()).isPresent()) {
      violation = OptionalInt.of(instructions + 1);
    }
    instructions++;
    answers.forEach(this::takeBack);
  }

  /**
   * An answer is to one load: the next one may find what was there before, or a store put there.
   */
  private void takeBack(Event.Touches load) {
    byte[] there = world.memory(load.mapping(), load.gpa(), load.bytes());
    writes.add(new Write(load.view(), load.gpa(), HexFormat.of().formatHex(there), instructions));
  }

  /** The machine takes the next answer for a load of a window by the same rule. */
  private boolean answer(Event.Touches load, Set<Long> answered) {
    Counterexample.Content next = fetches.peek();
    boolean window =
        load.mapping().role() == Role.SOURCE_WINDOW
            || load.mapping().role() == Role.DESTINATION_WINDOW;
    if (next == null
        || load.kind() != AccessKind.READ
        || !window
        || ViewTables.number(next.gpa()) != load.gpa()
        || next.bytes().length() != 2 * load.bytes()) {
      return false;
    }
    fetches.remove();
    writes.add(new Write(load.view(), load.gpa(), next.bytes(), instructions));
    for (int i = 0; i < load.bytes(); i++) {
      if (!answered.add(load.gpa() + i)) {
        obstacle =
            Optional.of("one instruction reads the same byte twice, and it changes in between");
      }
    }
    return true;
  }

  private void touch(int view, long gpa) {
    frames(policy, start.vm(), view, gpa).ifPresent(touched::add);
  }

  /** The page frame behind {@code gpa}. */
  static Optional<Frames> frames(Policy policy, String vm, int view, long gpa) {
    for (View each : policy.viewsOf(vm)) {
      for (Mapping mapping : each.mappings()) {
        long at = gpa - mapping.gpa().value();
        if (each.index() == view && Long.compareUnsigned(at, mapping.size()) < 0) {
          long page = PageSize.SMALL.bytes();
          Frames all = mapping.frames();
          return Optional.of(
              new Frames(all.owner(), all.offset() + (new Gpa(at).value() & -page), page));
        }
      }
    }
    return Optional.empty();
  }

  List<Write> writes() {
    return writes;
  }

  Set<Frames> touched() {
    return touched;
  }

  /**
   * The pages that a processor which does the same can have changed; empty if the run ended at what
   * the machine does not model, as a processor goes on there.
   */
  Optional<Set<Hpa>> pages(Host host) throws SiliconException {
    if (stop.filter(Lockstep::unmodelled).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(host.pages(touched));
  }

  /** How many instructions have been begun when a theorem is broken. */
  OptionalInt violation() {
    return violation;
  }

  /** How many have been when the view changes for the first time. */
  OptionalInt firstSwitch() {
    return firstSwitch;
  }

  /** How many have been when the view is left for the last time. */
  OptionalInt lastLeft() {
    return lastLeft;
  }

  /** Whether control goes through the guest's descriptor tables. */
  boolean throughTables() {
    return throughTables;
  }

  Optional<Stop> stop() {
    return stop;
  }

  /** Instructions begun, the one that ends the run included. */
  int instructions() {
    return instructions;
  }

  int protectedInstructions() {
    return protectedInstructions;
  }

  /** Numbers of the linear pages that the last instruction accessed, as far as it was followed. */
  Set<Long> lastTouched() {
    return lastTouched;
  }

  /** Whether the run ends in a protected view. */
  boolean endsInView() {
    return !machine.view().isDefault();
  }

  /** Whether it ends behind a gate, in its view, with an access or a fetch that is refused. */
  boolean strays() {
    return endsInView()
        && judge.passed().isPresent()
        && stop.filter(s -> s instanceof Stop.EptViolation || s instanceof Stop.NoTranslation)
            .isPresent();
  }

  /** Why no emulator with one processor can do the same. */
  Optional<String> obstacle() {
    return obstacle;
  }
}
