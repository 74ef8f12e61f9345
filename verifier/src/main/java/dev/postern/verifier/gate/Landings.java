package dev.postern.verifier.gate;

import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Verification;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What happens at every landing of every view for which mediation is claimed; one fact a run. */
public record Landings(Map<String, List<LandingResult>> byView) {

  /** Computed once a verification, spread over its threads. */
  public static Landings of(Verification verification) {
    return verification.fact(Landings.class, Landings::learn);
  }

  private static Landings learn(Verification verification) {
    Map<String, List<LandingResult>> results = new LinkedHashMap<>();
    for (View view : verification.mediatedViews()) {
      Vm vm = verification.vm(view);
      AddressSpace space = new AddressSpace(view, vm);
      List<Landing> landings = LandingSet.of(verification.policy(), view, vm);
      results.put(
          view.name(),
          verification.each(
              landings,
              landing ->
                  LandingCheck.decide(
                      verification.policy(), vm, landing, space, prover(verification))));
    }
    return new Landings(results);
  }

  /** A prover for one thread; it loads Z3 only if a question is left for it. */
  static Prover prover(Verification verification) {
    Z3Limits limits = new Z3Limits(Z3Limits.DEFAULT.resources(), verification.options().timeout());
    return new Prover(() -> new Z3Solver(limits));
  }

  public List<LandingResult> in(View view) {
    return byView.getOrDefault(view.name(), List.of());
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
