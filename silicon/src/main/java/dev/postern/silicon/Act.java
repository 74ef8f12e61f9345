package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Policy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** What is done about one counterexample on the emulator, and what is said of it. */
sealed interface Act<R> {

  /** Nothing is run. */
  record Settled<R>(R result) implements Act<R> {}

  /** Trials are run, and judged by what came of them. */
  record Played<R>(Script script, Verdict<R> verdict) implements Act<R> {}

  /** Makes the trials, each name starting with the prefix. */
  interface Script {
    List<Trial> trials(Host host, String prefix) throws SiliconException;
  }

  /** Judges trials by their outcomes, in the same order. */
  interface Verdict<R> {
    R of(Host host, List<Trial> trials, List<Outcome> outcomes);
  }

  /**
   * Plays all of them on one host, in their order.
   *
   * @param behind frames that need memory behind them
   * @param cannot the result where a trial cannot be put on the host, from the reason
   * @throws SiliconException if a trial was not executed, or the policy cannot be installed
   */
  static <R> List<R> perform(
      Policy policy, Collection<Frames> behind, List<Act<R>> acts, Function<String, R> cannot)
      throws SiliconException, IOException, InterruptedException {
    if (acts.stream().allMatch(Settled.class::isInstance)) {
      return acts.stream().map(act -> ((Settled<R>) act).result()).toList();
    }
    Host host = Host.of(policy, Stage.of(policy), List.copyOf(behind));
    List<Act<R>> done = new ArrayList<>();
    List<List<Trial>> trials = new ArrayList<>();
    for (Act<R> act : acts) {
      List<Trial> own = List.of();
      Act<R> settled = act;
      if (act instanceof Played<R> played) {
        try {
          own = played.script().trials(host, trials.size() + "-");
        } catch (SiliconException e) {
          settled = new Settled<>(cannot.apply(e.reason()));
        }
      }
      done.add(settled);
      trials.add(own);
    }
    List<Outcome> outcomes = Emulator.run(host, trials.stream().flatMap(List::stream).toList());
    List<R> results = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < done.size(); i++) {
      List<Trial> own = trials.get(i);
      List<Outcome> seen = outcomes.subList(next, next + own.size());
      next += own.size();
      results.add(
          switch (done.get(i)) {
            case Settled<R>(R result) -> result;
            case Played<R>(_, Verdict<R> verdict) -> verdict.of(host, own, seen);
          });
    }
    return results;
  }
}
