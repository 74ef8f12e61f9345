package dev.postern.verifier.concrete;

import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs counterexamples again. {@code start} says under "shows" what a run must show:
 *
 * <ul>
 *   <li>{@code violation}: the {@link Judge} sees a theorem broken (also when absent);
 *   <li>{@code switch}: VMFUNC is executed from the start address and changes the view;
 *   <li>{@code leak REGISTER}: two runs that differ only in protected memory end with different
 *       values in a register; the first half of {@code fetches} and {@code memory} is the first
 *       run's, the second half the second's;
 *   <li>{@code disclose}: two runs from the same memory of the source's, in halves as above, write
 *       differently where the source can read and the policy does not declare it;
 *   <li>{@code clobber REGISTER}: a register that a gate preserves comes back changed;
 *   <li>{@code stray}: protected code, entered through a gate, accesses or fetches what paging or
 *       EPT refuses;
 *   <li>{@code reserved}: protected code, entered through a gate, executes an encoding that the SDM
 *       reserves;
 *   <li>{@code unfenced}: a gate is passed, or memory touched behind it, with no LFENCE since the
 *       last conditional branch;
 *   <li>{@code predicted}: behind a gate, a computed branch is taken that is no return of a call
 *       there;
 *   <li>{@code longer N}: more than N instructions are executed in protected views;
 *   <li>{@code unswitched}: behind a gate, VMFUNC is executed and does not switch: EAX is not 0, or
 *       ECX names no view;
 *   <li>{@code stuck}: a legitimate call does not come back, through its gate.
 * </ul>
 */
public final class Replayer {

  private static final int BUDGET = 1 << 16;

  private final Policy policy;
  private final Map<String, World> untouched = new ConcurrentHashMap<>();
  private final Map<String, Judge.Baseline> baselines = new ConcurrentHashMap<>();

  /**
   * A replayer for counterexamples of {@code policy}: its bytes and mappings. Any thread may use
   * it.
   */
  public Replayer(Policy policy) {
    this.policy = policy;
  }

  /** A world of the VM, for one run. */
  public World world(String vm) {
    return untouched.computeIfAbsent(vm, name -> new World(policy, name)).anew();
  }

  private Judge.Baseline baseline(String vm) {
    return baselines.computeIfAbsent(vm, name -> Calls.baseline(policy, name));
  }

  /**
   * What happened.
   *
   * @param confirmed whether the counterexample shows what it says
   * @param trace the run, the decisive step last
   * @param observation one sentence on what was seen
   */
  public record Replay(boolean confirmed, List<Counterexample.Step> trace, String observation) {}

  /** Runs {@code counterexample} again. */
  public Replay replay(Counterexample counterexample) {
    return switch (counterexample.kind()) {
      case EXECUTION -> execution(counterexample);
      case ACCESS, STATEMENT -> {
        boolean confirmed = dev.postern.verifier.access.Replay.confirms(policy, counterexample);
        yield new Replay(
            confirmed,
            counterexample.trace(),
            confirmed
                ? counterexample.trace().getLast().effect()
                : "the policy does not show this");
      }
    };
  }

  /**
   * Whether a run can begin there: the view is in the list and the first instruction is fetched.
   */
  public boolean possible(Scenario scenario) {
    World world = world(scenario.vm());
    return world.slot(scenario.view()).isPresent()
        && !new ConcreteMachine(world, scenario, OptionalLong.empty()).describe().bytes().isEmpty();
  }

  /** Replays, and puts the trace in place; empty if the run does not show what it should. */
  public Optional<Counterexample> confirm(Counterexample untried) {
    Replay replay = replay(untried);
    return replay.confirmed() ? Optional.of(untried.withTrace(replay.trace())) : Optional.empty();
  }

  private Replay execution(Counterexample counterexample) {
    String shows = counterexample.start().getOrDefault("shows", "violation");
    Scenario scenario = Scenario.of(counterexample);
    if (shows.startsWith("clobber ")) {
      return clobber(scenario, gpr(shows.substring("clobber ".length())));
    }
    if (shows.startsWith("longer ")) {
      return longer(scenario, Long.parseLong(shows.substring("longer ".length())));
    }
    if (shows.startsWith("leak ")) {
      return leak(scenario, shows.substring("leak ".length()));
    }
    if (shows.equals("disclose")) {
      return disclosed(scenario);
    }
    World world = world(scenario.vm());
    Run run = Run.call(world, scenario, baseline(scenario.vm()), BUDGET, caller(scenario, shows));
    return switch (shows) {
      case "violation" ->
          new Replay(
              run.violation().isPresent(),
              run.trace(),
              run.violation().orElse("no violation: " + stopOf(run)));
      case "switch" ->
          new Replay(
              !run.switches().isEmpty(),
              run.trace(),
              run.switches().isEmpty()
                  ? "no view switch: " + stopOf(run)
                  : "VMFUNC at an undeclared site switched to view " + run.switches().get(0).to());
      case "stray" ->
          new Replay(
              run.calledWith().isPresent()
                  && !run.machine().view().isDefault()
                  && run.stop().filter(Replayer::refused).isPresent(),
              run.trace(),
              stopOf(run));
      case "reserved" ->
          new Replay(
              run.calledWith().isPresent()
                  && !run.machine().view().isDefault()
                  && run.stop().filter(Stop.Reserved.class::isInstance).isPresent(),
              run.trace(),
              stopOf(run));
      case "unswitched" ->
          new Replay(
              run.calledWith().isPresent() && run.stop().filter(s -> failed(run, s)).isPresent(),
              run.trace(),
              stopOf(run));
      case "unfenced" ->
          new Replay(
              run.unfenced(),
              run.trace(),
              run.unfenced()
                  ? "what a mispredicted branch leads to is not held back by a fence"
                  : "every access comes behind a fence");
      case "predicted" ->
          new Replay(
              run.predicted(),
              run.trace(),
              run.predicted()
                  ? "a branch is predicted from what the guest left in the predictors"
                  : "no branch is computed");
      case "stuck" ->
          new Replay(run.calledWith().isEmpty() || !run.returned(), run.trace(), stopOf(run));
      default -> new Replay(false, run.trace(), "a replay cannot show \"" + shows + "\"");
    };
  }

  /** Where a call that starts there comes back; empty where none is claimed not to. */
  private OptionalLong caller(Scenario scenario, String shows) {
    return policy.gates().stream()
        .filter(gate -> shows.equals("stuck") && gate.enter().value() == scenario.rip())
        .filter(gate ->
            policy
                .view(gate.from())
                .filter(from -> from.vm().equals(scenario.vm()))
                .filter(from -> from.index() == scenario.view())
                .isPresent())
        .flatMap(gate -> gate.returnsThrough().stream())
        .mapToLong(register -> scenario.gprs().getOrDefault(Gpr.valueOf(register.name()), 0L))
        .findFirst();
  }

  private static String stopOf(Run run) {
    return run.stop().map(Stop::toString).orElse("the run ended");
  }

  private Replay leak(Scenario both, String register) {
    Judge.Baseline baseline = baseline(both.vm());
    Run first = Run.traced(world(both.vm()), both.half(0), baseline, BUDGET);
    Run second = Run.traced(world(both.vm()), both.half(1), baseline, BUDGET);
    if (first.valuesWhenLeft().isEmpty() || second.valuesWhenLeft().isEmpty()) {
      return new Replay(false, first.trace(), "a run did not leave the view: " + stopOf(first));
    }
    long one = first.valuesWhenLeft().get().getOrDefault(register.toLowerCase(Locale.ROOT), 0L);
    long other = second.valuesWhenLeft().get().getOrDefault(register.toLowerCase(Locale.ROOT), 0L);
    String observation =
        register
            + " leaves the view as "
            + Scenario.hex(one)
            + " in one run and "
            + Scenario.hex(other)
            + " in another that differs only in protected memory";
    return new Replay(one != other, untilLeft(first.trace(), observation), observation);
  }

  private Replay disclosed(Scenario both) {
    Judge.Baseline baseline = baseline(both.vm());
    World world = world(both.vm());
    if (!world.alikeForSource(both.half(0), both.half(1))) {
      return new Replay(false, List.of(), "the two runs do not start from one source");
    }
    Run first = Run.traced(world, both.half(0), baseline, BUDGET);
    Run second = Run.traced(world(both.vm()), both.half(1), baseline, BUDGET);
    Optional<String> difference = Disclosures.difference(first, second);
    return new Replay(
        difference.isPresent(),
        first.trace(),
        difference.orElse("both runs write the same where the source can read"));
  }

  /** The trace up to the last VMFUNC, which shows what was observed there. */
  private static List<Counterexample.Step> untilLeft(
      List<Counterexample.Step> trace, String observation) {
    for (int i = trace.size() - 1; i >= 0; i--) {
      Counterexample.Step step = trace.get(i);
      if (step.text().equals("vmfunc")) {
        List<Counterexample.Step> shown = new ArrayList<>(trace.subList(0, i));
        shown.add(
            new Counterexample.Step(
                step.view(), step.la(), step.gpa(), step.bytes(), step.text(), observation));
        return shown;
      }
    }
    return trace;
  }

  private Replay clobber(Scenario scenario, Gpr register) {
    Run run = Run.traced(world(scenario.vm()), scenario, baseline(scenario.vm()), BUDGET);
    long before = scenario.gprs().getOrDefault(register, 0L);
    Optional<Long> after =
        run.valuesWhenLeft()
            .map(values -> values.getOrDefault(register.name().toLowerCase(Locale.ROOT), 0L));
    return new Replay(
        after.isPresent() && after.get() != before,
        run.trace(),
        register.name().toLowerCase(Locale.ROOT)
            + " was "
            + Scenario.hex(before)
            + " and leaves as "
            + after.map(Scenario::hex).orElse("nothing: the view is not left"));
  }

  private Replay longer(Scenario scenario, long bound) {
    Run run = Run.traced(world(scenario.vm()), scenario, baseline(scenario.vm()), BUDGET);
    return new Replay(
        run.protectedSteps() > bound,
        run.trace(),
        run.protectedSteps() + " instructions in the view; the gate allows " + bound);
  }

  /** Paging or EPT refuses an access or a fetch. */
  private static boolean refused(Stop stop) {
    return stop instanceof Stop.EptViolation || stop instanceof Stop.NoTranslation;
  }

  /** VMFUNC is #UD or exits (SDM vol. 3 §25.5.5.2). */
  private static boolean failed(Run run, Stop stop) {
    boolean undefined = stop instanceof Stop.Raised raised && raised.vector() == ExceptionVector.UD;
    return !run.machine().view().isDefault()
        && (stop instanceof Stop.VmfuncExit || undefined)
        && run.machine().describe().text().equals("vmfunc");
  }

  private static Gpr gpr(String register) {
    return Gpr.valueOf(register.toUpperCase(Locale.ROOT));
  }
}
