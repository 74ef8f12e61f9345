package dev.postern.verifier.rule;

import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.GateWalks;
import java.util.ArrayList;
import java.util.List;

/**
 * A rule about what protected code does behind a gate. Where no gate can be followed, or a path
 * behind one is cut, and nothing is refuted, the answer is unknown.
 */
abstract class WalkRule implements Rule {

  /** Looks at one walk; what it finds wrong or cannot decide goes to {@code inquiry}. */
  abstract void inspect(Inquiry inquiry);

  /** What the rule says of a view whatever code runs in it. */
  List<Finding> before(Verification verification, View view) {
    return List.of();
  }

  /** What is proved if nothing was found, as a sentence. */
  abstract String holds(GateWalk walk);

  @Override
  public final List<Finding> check(Verification verification) {
    List<Finding> findings = new ArrayList<>();
    for (View view : verification.mediatedViews()) {
      findings.addAll(before(verification, view));
      List<GateWalk> walks = GateWalks.of(verification).into(view);
      verification.covers(id(), "gates into " + view.name(), walks.size());
      if (walks.isEmpty()) {
        findings.add(
            new Obligation(
                    id(), id().discharges(), view.name(), "gates", java.util.Optional.of(view.at()))
                .unknown(
                    "no gate into the view can be followed",
                    "no landing passes a gate; see landing-safe and gate-live",
                    verification.stopwatch().by("symbolic execution")));
      }
      for (GateWalk walk : walks) {
        synchronized (walk.desk()) {
          Inquiry inquiry = new Inquiry(verification, this, walk);
          inspect(inquiry);
          findings.addAll(inquiry.conclude(holds(walk)));
        }
      }
    }
    return findings;
  }
}
