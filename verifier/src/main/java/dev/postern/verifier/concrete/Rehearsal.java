package dev.postern.verifier.concrete;

import dev.postern.model.Gate;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Calls with whatever in the windows, run to see whether one is longer than its gate allows: a loop
 * that does not end shows itself in a run of microseconds, where following it round by round takes
 * the solver minutes. What is found is a counterexample; that nothing is found says nothing.
 */
public final class Rehearsal {

  private static final long[] ARGUMENTS = {5, -1};

  /** Bytes at the beginning of each window: where rings have their indices, and all of a page. */
  private static final int[] SIZES = {16, 4096};

  private static final long SEED = 1;

  private Rehearsal() {}

  /** A call through {@code gate} that executes more instructions behind it than it declares. */
  public static Optional<Scenario> tooLong(Replayer replayer, Policy policy, Gate gate) {
    for (int size : SIZES) {
      for (long argument : ARGUMENTS) {
        Scenario bare = Calls.scenario(policy, gate, argument);
        Scenario call = bare.withMemory(contents(policy, gate, size));
        int budget = (int) Math.min(gate.maxInstructions() + 1024, 1 << 16);
        Run run = Run.untraced(replayer.world(call.vm()), call, Judge.Baseline.LEARNING, budget);
        if (run.calledWith().isPresent() && run.protectedSteps() > gate.maxInstructions()) {
          return Optional.of(call);
        }
      }
    }
    return Optional.empty();
  }

  /** The same each time, in all windows of the view. */
  private static List<Counterexample.Content> contents(Policy policy, Gate gate, int size) {
    Random random = new Random(SEED);
    View view = policy.view(gate.to()).orElseThrow();
    List<Counterexample.Content> contents = new ArrayList<>();
    for (Mapping mapping : view.mappings()) {
      if (mapping.role() == Role.SOURCE_WINDOW || mapping.role() == Role.DESTINATION_WINDOW) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        contents.add(
            new Counterexample.Content(
                view.index(),
                Scenario.hex(mapping.gpa().value()),
                HexFormat.of().formatHex(bytes)));
      }
    }
    return contents;
  }
}
