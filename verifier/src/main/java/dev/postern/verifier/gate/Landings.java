package dev.postern.verifier.gate;

import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Verification;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happens at every landing of every view for which mediation is claimed; one fact a run.
 *
 * @param byView results by view name, in the order of landings
 * @param open how many landings each view has; more than its results where one that no gate
 *     declares was found unsafe early, since one is enough
 */
public record Landings(Map<String, List<LandingResult>> byView, Map<String, Integer> open) {

  /** Landings decided before the first unsafe ones are looked at. */
  private static final int BATCH = 256;

  /** Computed once a verification, spread over its threads. */
  public static Landings of(Verification verification) {
    return verification.fact(Landings.class, Landings::learn);
  }

  private static Landings learn(Verification verification) {
    List<View> views = verification.mediatedViews();
    Map<String, Sites.OfVm> sites = new HashMap<>();
    for (View view : views) {
      sites.computeIfAbsent(
          view.vm(), name -> Sites.OfVm.of(verification.policy(), verification.vm(view)));
    }
    List<Decided> decided =
        verification.each(
            views,
            view -> {
              List<Landing> landings =
                  LandingSet.of(
                      verification.policy(),
                      view,
                      verification.vm(view),
                      sites.getOrDefault(view.vm(), Sites.OfVm.NONE));
              return new Decided(landings.size(), decide(verification, view, landings));
            });
    Map<String, List<LandingResult>> results = new LinkedHashMap<>();
    Map<String, Integer> open = new LinkedHashMap<>();
    for (int i = 0; i < views.size(); i++) {
      results.put(views.get(i).name(), decided.get(i).results());
      open.put(views.get(i).name(), decided.get(i).landings());
    }
    return new Landings(results, open);
  }

  /** One view: how many landings it has, and what they came to. */
  private record Decided(int landings, List<LandingResult> results) {}

  /** The landings behind signed VMFUNCs, all; the others in batches, until one holds a witness. */
  private static List<LandingResult> decide(
      Verification verification, View view, List<Landing> landings) {
    List<LandingResult> results =
        new ArrayList<>(
            each(verification, view, landings.stream().filter(Landing::atSite).toList()));
    List<Landing> others = landings.stream().filter(landing -> !landing.atSite()).toList();
    boolean found = false;
    for (int i = 0; i < others.size() && !found; i += BATCH) {
      List<LandingResult> batch =
          each(verification, view, others.subList(i, Math.min(i + BATCH, others.size())));
      found = batch.stream().anyMatch(LandingResult.Unsafe.class::isInstance);
      results.addAll(batch);
    }
    return results;
  }

  private static List<LandingResult> each(
      Verification verification, View view, List<Landing> landings) {
    Vm vm = verification.vm(view);
    AddressSpace space = new AddressSpace(verification.policy(), view, vm);
    return verification.each(
        landings,
        landing ->
            LandingCheck.decide(
                verification.policy(),
                vm,
                landing,
                space,
                prover(verification),
                verification.replayer()));
  }

  /** A prover for one thread; it loads Z3 only if a question is left for it. */
  static Solver prover(Verification verification) {
    return verification.prover();
  }

  public List<LandingResult> in(View view) {
    return byView.getOrDefault(view.name(), List.of());
  }

  /** How many landings the view has. */
  public int count(View view) {
    return open.getOrDefault(view.name(), 0);
  }

  /** What the view's safe landings rest on, in their order. */
  public List<Query> restsOn(View view) {
    return in(view).stream()
        .filter(LandingResult.Safe.class::isInstance)
        .flatMap(result -> ((LandingResult.Safe) result).restsOn().stream())
        .toList();
  }

  /** The first landing of {@code view} that is unsafe, if any. */
  public Optional<LandingResult.Unsafe> unsafe(View view) {
    return in(view).stream()
        .filter(LandingResult.Unsafe.class::isInstance)
        .map(LandingResult.Unsafe.class::cast)
        .findFirst();
  }

  /** The first landing of {@code view} that is not decided, if any. */
  public Optional<LandingResult.Undecided> undecided(View view) {
    return in(view).stream()
        .filter(LandingResult.Undecided.class::isInstance)
        .map(LandingResult.Undecided.class::cast)
        .findFirst();
  }
}
