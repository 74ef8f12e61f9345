package dev.postern.verifier.rule;

import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.GateWalks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    GateWalks all = GateWalks.of(verification);
    return verification.eachFinding(
        verification.mediatedViews(), view -> check(verification, view, all.into(view)));
  }

  private List<Finding> check(Verification verification, View view, List<GateWalk> walks) {
    List<Finding> findings = new ArrayList<>(before(verification, view));
    verification.covers(id(), "gates into " + view.name(), walks.size());
    if (walks.isEmpty()) {
      findings.add(unpassed(verification, view));
    }
    for (GateWalk walk : walks) {
      synchronized (walk.desk()) {
        Inquiry inquiry = new Inquiry(verification, this, walk);
        inspect(inquiry);
        findings.addAll(inquiry.conclude(holds(walk)));
      }
    }
    return findings;
  }

  /**
   * No gate leads in: proved if none is declared, since landing-safe lets nobody pass another way.
   */
  private Finding unpassed(Verification verification, View view) {
    Obligation obligation =
        new Obligation(id(), id().discharges(), view.name(), "gates", Optional.of(view.at()));
    boolean declared = !verification.gatesInto(view).isEmpty();
    Verification.Stopwatch watch = verification.stopwatch();
    return declared
        ? obligation.unknown(
            "what runs behind the gate is not followed",
            "no landing passes it: see landing-safe and gate-live",
            watch.by("symbolic execution"))
        : obligation.proved("no gate leads into the view", watch.by("enumeration"));
  }
}
