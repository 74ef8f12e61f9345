package dev.postern.silicon;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Gpr;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a counterexample says can be shown, held against its runs under {@code policy}, which may
 * not be the one it refutes. The words are those of {@link Replayer}.
 */
record Claim(Policy policy, Counterexample counterexample) {

  /**
   * What the runs show of what they should not; empty if the attack fails. A start at a claimed
   * VMFUNC may be one that no hostile state reaches, so there the first instruction is all that
   * counts; elsewhere any theorem the judge sees broken does.
   */
  Optional<String> shown(Executions runs, List<Outcome> outcomes) {
    String shows = runs.shows();
    Enactment first = runs.enactments().getFirst();
    Scenario start = runs.starts().getFirst();
    if (shows.equals("switch")) {
      return when(
          first.firstSwitch().orElse(0) == 1, "the instruction at the start switches the view");
    }
    if (runs.enactments().stream().anyMatch(run -> run.violation().isPresent())) {
      return Optional.of("the judge sees a theorem broken");
    }
    String[] words = shows.split(" ", 2);
    return switch (words[0]) {
      case "violation" -> Optional.empty();
      case "stray" -> when(first.strays(), "behind the gate an access or a fetch is refused");
      case "stuck" -> when(!cameBack(start, outcomes.getFirst()), "the call does not come back");
      case "longer" -> {
        int here = first.protectedInstructions();
        yield when(here > bound(start.vm()), here + " instructions in the view");
      }
      case "leak" -> leak(words[1].toLowerCase(Locale.ROOT), outcomes);
      case "clobber" -> clobber(words[1], start, outcomes.getFirst());
      default ->
          Stream.of(counterexample, as(runs.starts()))
              .map(new Replayer(policy)::replay)
              .filter(Replayer.Replay::confirmed)
              .map(Replayer.Replay::observation)
              .findFirst();
    };
  }

  /** The counterexample as it was run: with answers to loads in memory. */
  private Counterexample as(List<Scenario> starts) {
    return new Counterexample(
        counterexample.kind(),
        counterexample.attack(),
        counterexample.start(),
        counterexample.paging(),
        starts.stream().flatMap(start -> start.memory().stream()).toList(),
        starts.stream().flatMap(start -> start.fetches().stream()).toList(),
        counterexample.trace());
  }

  private static Optional<String> when(boolean succeeds, String what) {
    return succeeds ? Optional.of(what) : Optional.empty();
  }

  /** Whether the processor came to the return address of the call in the default view. */
  private boolean cameBack(Scenario start, Outcome outcome) {
    Optional<Long> back =
        policy.gates().stream()
            .filter(gate -> gate.enter().value() == start.rip())
            .flatMap(gate -> gate.returnsThrough().stream())
            .findFirst()
            .map(register -> start.gprs().getOrDefault(Gpr.valueOf(register.name()), 0L));
    boolean left = false;
    for (State state : outcome.steps()) {
      boolean outside = state.value("idx") == 0;
      left |= !outside;
      if (left && outside && back.equals(state.find("rip"))) {
        return true;
      }
    }
    // A branch to where no table leads faults before it is reported as a step.
    return left && outcome.value("idx") == 0 && back.equals(Optional.of(outcome.value("rip")));
  }

  private long bound(String vm) {
    return policy.gates().stream()
        .filter(gate -> policy.view(gate.to()).filter(view -> view.vm().equals(vm)).isPresent())
        .mapToLong(Gate::maxInstructions)
        .max()
        .orElse(0);
  }

  private static Optional<String> leak(String register, List<Outcome> outcomes) {
    Optional<Long> one = Executions.whenLeft(outcomes.getFirst(), register);
    Optional<Long> other = Executions.whenLeft(outcomes.getLast(), register);
    return when(
        one.isPresent() && other.isPresent() && !one.equals(other),
        "%s is 0x%x when the view is left, and 0x%x in a run with other secrets"
            .formatted(register, one.orElse(0L), other.orElse(0L)));
  }

  private static Optional<String> clobber(String register, Scenario start, Outcome outcome) {
    long before = start.gprs().getOrDefault(Gpr.valueOf(register.toUpperCase(Locale.ROOT)), 0L);
    Optional<Long> after = Executions.whenLeft(outcome, register.toLowerCase(Locale.ROOT));
    return when(
        after.isPresent() && after.get() != before,
        "%s is 0x%x when the view is left, and 0x%x before"
            .formatted(register, after.orElse(0L), before));
  }
}
