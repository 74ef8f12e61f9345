package dev.postern.silicon;

import dev.postern.model.Bytes;
import dev.postern.model.Frames;
import dev.postern.model.Policy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
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

  /** Acts on one host, ready to be played. */
  final class Play<R> {
    private final List<Act<R>> acts = new ArrayList<>();
    private final List<List<Trial>> trials = new ArrayList<>();
    private Optional<Host> host = Optional.empty();

    /**
     * Makes the trials.
     *
     * @param behind frames that need memory behind them
     * @param cannot the result where a trial cannot be put on the host, from the reason
     * @throws SiliconException if the policy cannot be installed
     */
    static <R> Play<R> of(
        Policy policy, Collection<Frames> behind, List<Act<R>> acts, Function<String, R> cannot)
        throws SiliconException {
      Play<R> play = new Play<>();
      if (!acts.stream().allMatch(Settled.class::isInstance)) {
        play.host = Optional.of(Host.of(policy, Stage.of(policy), List.copyOf(behind)));
      }
      for (Act<R> act : acts) {
        List<Trial> own = List.of();
        Act<R> settled = act;
        if (act instanceof Played<R> played) {
          try {
            own = played.script().trials(play.host.orElseThrow(), play.trials.size() + "-");
          } catch (SiliconException e) {
            settled = new Settled<>(cannot.apply(e.reason()));
          }
        }
        play.acts.add(settled);
        play.trials.add(own);
      }
      return play;
    }

    private Optional<Emulator.Load> load() {
      List<Trial> all = trials.stream().flatMap(List::stream).toList();
      return all.isEmpty()
          ? Optional.empty()
          : host.map(each -> new Emulator.Load(each, Bytes.of(each.imageFile()), all));
    }

    private List<R> results(List<Outcome> outcomes) {
      List<R> results = new ArrayList<>();
      int next = 0;
      for (int i = 0; i < acts.size(); i++) {
        List<Trial> own = trials.get(i);
        List<Outcome> seen = outcomes.subList(next, next + own.size());
        next += own.size();
        results.add(
            switch (acts.get(i)) {
              case Settled<R>(R result) -> result;
              case Played<R>(_, Verdict<R> verdict) -> verdict.of(host.orElseThrow(), own, seen);
            });
      }
      return results;
    }
  }

  /**
   * Plays all of them, the results in their order.
   *
   * @throws SiliconException if a trial was not executed
   */
  static <R> List<List<R>> perform(List<Play<R>> plays)
      throws SiliconException, IOException, InterruptedException {
    List<Optional<Emulator.Load>> loads = plays.stream().map(Play::load).toList();
    Iterator<List<Outcome>> outcomes =
        Emulator.run(loads.stream().flatMap(Optional::stream).toList()).iterator();
    List<List<R>> results = new ArrayList<>();
    for (int i = 0; i < plays.size(); i++) {
      results.add(plays.get(i).results(loads.get(i).isPresent() ? outcomes.next() : List.of()));
    }
    return results;
  }
}
