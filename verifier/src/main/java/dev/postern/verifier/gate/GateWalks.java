package dev.postern.verifier.gate;

import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.verifier.Verification;
import dev.postern.verifier.concrete.Rehearsal;
import dev.postern.verifier.machine.AddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The walks behind every gate that can be passed; one fact a run. */
public record GateWalks(List<GateWalk> all, Map<String, List<GateWalk>> byView) {

  private GateWalks(List<GateWalk> all) {
    this(all, all.stream().collect(Collectors.groupingBy(walk -> walk.view().name())));
  }

  public static GateWalks of(Verification verification) {
    return verification.fact(GateWalks.class, GateWalks::learn);
  }

  private static GateWalks learn(Verification verification) {
    Landings landings = Landings.of(verification);
    List<List<GateWalk>> walks =
        verification.each(
            verification.mediatedViews(), view -> behind(landings, verification, view));
    return new GateWalks(walks.stream().flatMap(List::stream).toList());
  }

  /** A walk goes on at its landing's desk; no two views share one. */
  private static List<GateWalk> behind(Landings landings, Verification verification, View view) {
    AddressSpace space = new AddressSpace(verification.policy(), view, verification.vm(view));
    List<GateWalk> walks = new ArrayList<>();
    for (LandingResult result : landings.in(view)) {
      if (result instanceof LandingResult.Safe safe) {
        for (LandingResult.Passing passing : safe.passings()) {
          Policy policy = verification.policy();
          walks.add(
              new GateWalk(
                  policy,
                  safe.landing(),
                  passing,
                  space,
                  () -> Rehearsal.tooLong(verification.replayer(), policy, passing.gate())));
        }
      }
    }
    return walks;
  }

  /** The walks through gates into {@code view}. */
  public List<GateWalk> into(View view) {
    return byView.getOrDefault(view.name(), List.of());
  }
}
