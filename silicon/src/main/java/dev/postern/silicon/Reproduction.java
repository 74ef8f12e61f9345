package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Lock;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Counterexamples on the emulated processor.
 *
 * <p>An execution succeeds if the processor does, instruction by instruction, what the concrete
 * machine does, up to and including what decides: the same view, address and registers after each,
 * and the same end; and if what was seen shows what the counterexample {@linkplain Claim claims}.
 * An access through a view succeeds if an instruction that makes it, put where the view executes,
 * is not refused. Facts of the policy are not executed; what the emulator does not have is said.
 */
public final class Reproduction {

  /** What became of a counterexample. */
  public sealed interface Result {

    /** It ran; {@code succeeded} says whether the attack does what it claims. */
    record Executed(boolean succeeded, String text) implements Result {}

    /** It cannot run there. */
    record NotExecuted(String reason) implements Result {}

    /** It is no run: it quotes the policy. */
    record Fact() implements Result {}
  }

  private final Policy policy;
  private final Set<Frames> behind = new HashSet<>();

  private Reproduction(Policy policy) {
    this.policy = policy;
  }

  /**
   * Runs all of them, in their order.
   *
   * @throws SiliconException if a trial was not executed, or the policy cannot be installed
   */
  public static List<Result> of(Policy policy, List<Counterexample> counterexamples)
      throws SiliconException, IOException, InterruptedException {
    return Act.perform(List.of(play(policy, counterexamples))).getFirst();
  }

  /** The same, to be {@linkplain Act#perform performed} with others. */
  static Act.Play<Result> play(Policy policy, List<Counterexample> counterexamples)
      throws SiliconException {
    Reproduction reproduction = new Reproduction(policy);
    List<Act<Result>> acts = new ArrayList<>();
    for (Counterexample counterexample : counterexamples) {
      acts.add(reproduction.act(counterexample));
    }
    return Act.Play.of(policy, reproduction.behind, acts, Result.NotExecuted::new);
  }

  private Act<Result> act(Counterexample counterexample) {
    return switch (counterexample.kind()) {
      case STATEMENT -> new Act.Settled<>(new Result.Fact());
      case ACCESS -> access(counterexample);
      case EXECUTION -> execution(counterexample);
    };
  }

  private static Act<Result> notExecuted(String reason) {
    return new Act.Settled<>(new Result.NotExecuted(reason));
  }

  private Act<Result> access(Counterexample counterexample) {
    return switch (Probe.of(policy, counterexample)) {
      case Probe.Choice.None(String reason) -> notExecuted(reason);
      case Probe.Choice.Of(Probe probe) -> {
        behind.addAll(probe.touched(policy));
        yield new Act.Played<>(
            (host, prefix) -> List.of(probe.trial(host, prefix + "0")),
            (_, _, outcomes) -> probed(probe, outcomes.getFirst()));
      }
    };
  }

  private static Result probed(Probe probe, Outcome outcome) {
    return new Result.Executed(probe.done(outcome), probe.text(outcome));
  }

  private Act<Result> execution(Counterexample counterexample) {
    Optional<String> lacking =
        Executions.lacking(policy, counterexample).or(() -> verified(counterexample));
    if (lacking.isPresent()) {
      return notExecuted(lacking.get());
    }
    List<Scenario> starts = Executions.starts(counterexample);
    List<Enactment> enactments = new ArrayList<>();
    for (Scenario start : starts) {
      Enactment enactment = Enactment.of(policy, start, Executions.LIMIT);
      if (enactment.throughTables()) {
        return notExecuted(
            "control goes through descriptor tables, and the bench's guest has none");
      }
      if (enactment.stop().filter(Stop.Reserved.class::isInstance).isPresent()) {
        return notExecuted(
            "what a processor does at a reserved encoding, one processor cannot show");
      }
      if (enactment.obstacle().isPresent()) {
        return notExecuted(enactment.obstacle().get());
      }
      behind.addAll(enactment.touched());
      enactments.add(enactment);
    }
    Executions runs = new Executions(Executions.shows(counterexample), starts, enactments);
    Claim claim = new Claim(policy, counterexample);
    return new Act.Played<>(
        runs::trials, (host, trials, outcomes) -> executed(host, claim, runs, trials, outcomes));
  }

  private Optional<String> verified(Counterexample counterexample) {
    Scenario start = Scenario.of(counterexample);
    boolean meets =
        policy.vm(start.vm()).orElseThrow().lock().has(Lock.Kind.HLAT)
            && start.paging().stream()
                .anyMatch(entry ->
                    Executions.mapping(
                            policy, start.vm(), entry.view(), ViewTables.number(entry.gpa()))
                        .map(mapping -> mapping.leaf().verifyGuestPaging())
                        .orElse(false));
    return meets
        ? Optional.of("it meets HLAT's guest-paging verification, which the emulator lacks")
        : Optional.empty();
  }

  private static Result executed(
      Host host, Claim claim, Executions plan, List<Trial> trials, List<Outcome> outcomes) {
    List<Integer> compared = new ArrayList<>();
    for (int i = 0; i < trials.size(); i++) {
      Enactment enactment = plan.enactments().get(i);
      Lockstep.Result result = Lockstep.compare(host, trials.get(i), outcomes.get(i));
      if (result.difference().isPresent()) {
        return new Result.Executed(
            false, "the processor does otherwise: " + result.difference().get());
      }
      int decisive = decisive(plan.shows(), enactment);
      if (!reached(decisive, enactment, result, outcomes.get(i))) {
        return new Result.Executed(
            false,
            "%d instructions alike, the one that decides not among them"
                .formatted(result.instructions()));
      }
      compared.add(result.instructions());
    }
    String alike =
        compared.getFirst()
            + " instructions, each as on the concrete machine; ends with "
            + outcomes.getFirst().text();
    return claim
        .shown(plan, outcomes)
        .map(shown -> new Result.Executed(true, alike + "; " + shown))
        .orElseGet(() -> new Result.Executed(false, alike + "; and what it claims is not seen"));
  }

  /** Instructions that must have been begun for the run to show what it should. */
  private static int decisive(String shows, Enactment enactment) {
    return switch (shows) {
      case "violation" -> enactment.violation().orElse(Integer.MAX_VALUE);
      case "switch" -> enactment.firstSwitch().orElse(Integer.MAX_VALUE);
      default ->
          shows.startsWith("leak ") || shows.startsWith("clobber ")
              ? enactment.lastLeft().orElse(Integer.MAX_VALUE)
              : enactment.instructions();
    };
  }

  /**
   * Whether the processor came that far: by completed instructions, or, where the last one ends the
   * run, by the same end. What the concrete machine leaves unfinished (a far return, a push in
   * another mode) the processor must have carried out.
   */
  private static boolean reached(
      int decisive, Enactment enactment, Lockstep.Result result, Outcome outcome) {
    if (decisive == Integer.MAX_VALUE) {
      return false;
    }
    if (result.instructions() >= decisive) {
      return true;
    }
    boolean last = decisive == enactment.instructions() && result.instructions() == decisive - 1;
    return last
        && (enactment.stop().filter(Reproduction::unfinished).isPresent()
            ? outcome.steps().size() > result.instructions() || faultsBehind(enactment, outcome)
            : !result.unmodelled());
  }

  /**
   * Whether the page fault that ends the run is at none of the addresses the concrete machine has
   * accessed by then: ENTER with levels writes the stack first, and reads the outer frames after.
   */
  private static boolean faultsBehind(Enactment enactment, Outcome outcome) {
    return outcome.exit() == Outcome.EXCEPTION
        && outcome.value("vec") == 14
        && !enactment.lastTouched().isEmpty()
        && !enactment.lastTouched().contains(outcome.value("qual") >>> 12);
  }

  private static boolean unfinished(Stop stop) {
    return stop instanceof Stop.Unmodelled || stop instanceof Stop.ThroughTables;
  }
}
