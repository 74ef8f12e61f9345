package dev.postern.verifier.gate;

import dev.postern.model.View;
import dev.postern.verifier.Verification;
import dev.postern.verifier.machine.AddressSpace;
import java.util.ArrayList;
import java.util.List;

/** The walks behind every gate that can be passed; one fact a run. */
public record GateWalks(List<GateWalk> all) {

  public static GateWalks of(Verification verification) {
    return verification.fact(GateWalks.class, GateWalks::learn);
  }

  private static GateWalks learn(Verification verification) {
    Landings landings = Landings.of(verification);
    List<GateWalk> walks = new ArrayList<>();
    for (View view : verification.mediatedViews()) {
      AddressSpace space = new AddressSpace(view, verification.vm(view));
      for (LandingResult result : landings.in(view)) {
        if (result instanceof LandingResult.Safe safe) {
          for (LandingResult.Passing passing : safe.passings()) {
            walks.add(new GateWalk(verification.policy(), safe.landing(), passing, space));
          }
        }
      }
    }
    return new GateWalks(walks);
  }

  /** The walks through gates into {@code view}. */
  public List<GateWalk> into(View view) {
    return all.stream().filter(walk -> walk.view().name().equals(view.name())).toList();
  }
}
