package dev.postern.verifier;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.verifier.evidence.Engine;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.GateWalks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;

/**
 * How long the longest path behind a gate is, from its landing to the VMFUNC that leaves.
 *
 * @param instructions an upper bound: where paths merge the longer counts; a repeated string
 *     instruction counts once
 * @param unproved why the bound is not proved; empty if it is
 */
public record GateCost(Gate gate, long instructions, Optional<String> unproved) {

  /** VMFUNCs of a call: there and back. */
  public static final int VMFUNCS = 2;

  /** The costs of all gates of {@code policy}, as written. */
  public static List<GateCost> of(Policy policy, Options options) {
    try (ForkJoinPool pool = new ForkJoinPool(options.jobs())) {
      Verification verification = new Verification(policy, options, Engine.Z3, pool);
      List<GateWalk> walks = GateWalks.of(verification).all();
      List<GateCost> costs = new ArrayList<>();
      for (Gate gate : policy.gates()) {
        costs.add(of(gate, walks.stream().filter(w -> w.gate().equals(gate)).toList()));
      }
      return costs;
    }
  }

  private static GateCost of(Gate gate, List<GateWalk> walks) {
    long longest = 0;
    Optional<String> unproved =
        walks.isEmpty() ? Optional.of("no landing passes the gate") : Optional.empty();
    for (GateWalk walk : walks) {
      longest = Math.max(longest, walk.longest());
      Optional<String> cut = walk.cut();
      if (unproved.isEmpty()) {
        unproved = cut.map(what -> "a path is not followed: " + what);
      }
    }
    if (unproved.isEmpty() && longest > gate.maxInstructions()) {
      unproved = Optional.of("more than the " + gate.maxInstructions() + " declared");
    }
    return new GateCost(gate, longest, unproved);
  }
}
