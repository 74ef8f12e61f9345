package dev.postern.verifier.concrete;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.report.Counterexample;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mnemonic;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** One scenario on the concrete machine, with the judge watching. */
public final class Run {

  /** Predictions that the return stack buffer of any processor holds. */
  private static final int RETURN_STACK = 16;

  /** One byte written behind a gate where the source can read it; {@code at} wrote it. */
  record Write(long at, Mapping mapping, long gpa, byte value) {}

  /** Steps kept in a trace; a longer run keeps its first ones and its last. */
  public static final int TRACE_LIMIT = 64;

  private final ConcreteMachine machine;
  private final Judge judge;
  private final boolean tracing;
  private final List<Counterexample.Step> trace = new ArrayList<>();
  private final List<Event.Switches> switches = new ArrayList<>();
  private final Set<Long> cells = new HashSet<>();
  private final List<Write> writes = new ArrayList<>();
  private Optional<String> violation = Optional.empty();
  private Optional<Stop> stop = Optional.empty();
  private Optional<Map<String, Long>> valuesWhenLeft = Optional.empty();
  private boolean fenced;
  private boolean unfenced;
  private boolean predicted;

  /** Calls that the return stack buffer knows of. */
  private int calls;

  /** Linear address of the instruction being run. */
  private long at;

  private long steps;
  private OptionalLong calledWith = OptionalLong.empty();

  private Run(ConcreteMachine machine, Judge judge, boolean tracing) {
    this.machine = machine;
    this.judge = judge;
    this.tracing = tracing;
  }

  /** Runs at most {@code budget} instructions and keeps a trace. */
  public static Run traced(World world, Scenario scenario, Judge.Baseline baseline, int budget) {
    return of(world, scenario, baseline, budget, OptionalLong.empty(), true);
  }

  /** Runs at most {@code budget} instructions without a trace: for searches. */
  public static Run untraced(World world, Scenario scenario, Judge.Baseline baseline, int budget) {
    return of(world, scenario, baseline, budget, OptionalLong.empty(), false);
  }

  /** Runs a call that is over when it is back at {@code returnAddress} in the default view. */
  static Run call(
      World world,
      Scenario scenario,
      Judge.Baseline baseline,
      int budget,
      OptionalLong returnAddress) {
    return of(world, scenario, baseline, budget, returnAddress, true);
  }

  private static Run of(
      World world,
      Scenario scenario,
      Judge.Baseline baseline,
      int budget,
      OptionalLong returnAddress,
      boolean tracing) {
    Run run =
        new Run(
            new ConcreteMachine(world, scenario, returnAddress),
            new Judge(world, baseline),
            tracing);
    for (int i = 0; i < budget && !run.over(); i++) {
      run.step();
    }
    if (!run.over()) {
      run.stop = Optional.of(new Stop.Budget());
    }
    return run;
  }

  private boolean over() {
    return violation.isPresent() || stop.isPresent();
  }

  private void step() {
    Optional<Counterexample.Step> shown =
        tracing ? Optional.of(machine.describe()) : Optional.empty();
    violation = judge.beforeStep(machine);
    if (judge.passed().isPresent() && calledWith.isEmpty()) {
      calledWith = OptionalLong.of(machine.register(Gpr.RSP));
      unfenced |= !fenced;
    }
    String effect = "";
    if (violation.isEmpty()) {
      steps += machine.view().isDefault() ? 0 : 1;
      at = machine.la();
      stop = machine.step();
      for (Event event : machine.events()) {
        note(event);
        effect = effect.isEmpty() ? describe(event) : effect;
      }
      if (violation.isEmpty() && stop.isPresent()) {
        violation = judge.atStop(machine, stop.get());
      }
    }
    String end = violation.orElseGet(() -> stop.map(Stop::toString).orElse(""));
    String why = end.isEmpty() ? effect : end;
    shown.ifPresent(step -> keep(step, why));
  }

  private void note(Event event) {
    switch (event) {
      case Event.Predicts predicts -> fenced = false;
      case Event.Switches change -> {
        fenced = false;
        calls = 0;
      }
      case Event.Fences fences -> fenced = true;
      case Event.Touches touches ->
          unfenced |= !fenced && calledWith.isPresent() && !machine.view().isDefault();
      case Event.Calls call -> calls = Math.min(calls + 1, RETURN_STACK);
      case Event.BranchesIndirectly branch -> {
        boolean own = branch.mnemonic() == Mnemonic.RET && calls > 0;
        calls = branch.mnemonic() == Mnemonic.RET ? Math.max(0, calls - 1) : calls;
        predicted |= !own && calledWith.isPresent() && !machine.view().isDefault();
      }
      case Event.Begins begins -> {}
      case Event.Transfers transfers -> {}
    }
    if (event instanceof Event.Touches touches
        && touches.kind() == AccessKind.WRITE
        && calledWith.isPresent()
        && valuesWhenLeft.isEmpty()
        && Disclosures.readable(touches.mapping())) {
      for (int i = 0; i < touches.bytes(); i++) {
        long gpa = touches.gpa() + i;
        writes.add(new Write(at, touches.mapping(), gpa, machine.byteAt(touches.mapping(), gpa)));
      }
    }
    if (event instanceof Event.Touches touches
        && touches.mapping().role() == Role.PRIVATE
        && judge.passed().isEmpty()) {
      for (int i = 0; i < touches.bytes(); i++) {
        cells.add(touches.la() + i);
      }
    }
    if (event instanceof Event.Switches change) {
      switches.add(change);
      if (machine.view().isDefault()) {
        valuesWhenLeft = Optional.of(machine.values());
      }
    }
    if (violation.isEmpty()) {
      violation = judge.afterEvent(machine, event);
    }
  }

  private void keep(Counterexample.Step step, String effect) {
    if (trace.size() < TRACE_LIMIT - 1 || over()) {
      trace.add(
          new Counterexample.Step(
              step.view(), step.la(), step.gpa(), step.bytes(), step.text(), effect));
    }
  }

  private static String describe(Event event) {
    return switch (event) {
      case Event.Begins begins -> "";
      case Event.Predicts predicts -> "";
      case Event.Fences fences -> "";
      case Event.Touches touches ->
          (touches.kind() == AccessKind.WRITE ? "writes " : "reads ")
              + touches.mapping().name()
              + " at gpa "
              + Scenario.hex(touches.gpa());
      case Event.Switches change -> "view " + change.from() + " -> " + change.to();
      case Event.BranchesIndirectly branch -> "";
      case Event.Calls call -> "";
      case Event.Transfers transfers -> "";
    };
  }

  /** The instructions executed, at most {@link #TRACE_LIMIT}, the last one always included. */
  public List<Counterexample.Step> trace() {
    return List.copyOf(trace);
  }

  /** The first thing that broke a theorem, if any. */
  public Optional<String> violation() {
    return violation;
  }

  /** True if execution came back to the caller's return address in the default view. */
  public boolean returned() {
    return stop().filter(Stop.Returned.class::isInstance).isPresent();
  }

  /** Why the run ended, where it was not a violation alone. */
  public Optional<Stop> stop() {
    return stop;
  }

  /** View switches made, in order. */
  public List<Event.Switches> switches() {
    return List.copyOf(switches);
  }

  /**
   * Whether a gate was passed, or memory touched behind it, on a prediction no fence had settled.
   */
  public boolean unfenced() {
    return unfenced;
  }

  /** Whether a computed branch behind a gate, other than the return of a call there, was taken. */
  public boolean predicted() {
    return predicted;
  }

  /** Instructions executed in protected views. */
  public long protectedSteps() {
    return steps;
  }

  /**
   * Registers and flags by name at the last switch back to the default view; empty if there was
   * none.
   */
  public Optional<Map<String, Long>> valuesWhenLeft() {
    return valuesWhenLeft;
  }

  /** RSP when a gate was passed; empty if none was. */
  public OptionalLong calledWith() {
    return calledWith;
  }

  /** What was written where the source can read, in order, until the view was left. */
  List<Write> writes() {
    return List.copyOf(writes);
  }

  /**
   * Whether the view was left, or the run ended by what the processor does and not by our limit.
   */
  boolean complete() {
    return valuesWhenLeft.isPresent()
        || (violation.isEmpty()
            && stop.isPresent()
            && !(stop.get() instanceof Stop.Budget)
            && !(stop.get() instanceof Stop.Reserved)
            && !(stop.get() instanceof Stop.ThroughTables)
            && !(stop.get() instanceof Stop.Unmodelled));
  }

  /** Private bytes touched before a gate was passed, by linear address. */
  public Set<Long> cellsBeforeGate() {
    return Set.copyOf(cells);
  }

  /** The processor as the run left it. */
  public ConcreteMachine machine() {
    return machine;
  }
}
