package dev.postern.verifier.rule;

import dev.postern.model.Hpa;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.ViewStatement;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * O-27, as far as a policy fixes paging-structure frames: roots. What the loader allocates is an
 * assumption here and checked on the image it builds. Two views of one machine with one root are
 * eptp-list-exact's, since VMFUNC tells them apart by it.
 */
final class TableFramesUnshared implements Rule {

  private static final FrameQuestion QUESTION =
      new FrameQuestion(
          "table-frames-unshared",
          use ->
              switch (use.via()) {
                case DEFAULT_VIEW, PROTECTED_VIEW, MACHINE, MEMORY_SLOT, DMA -> true;
                case CONTROL, TABLE -> false;
              },
          (reach, other) -> other.via() == Use.Via.TABLE,
          use -> false);

  @Override
  public RuleId id() {
    return RuleId.TABLE_FRAMES_UNSHARED;
  }

  @Override
  public String statement() {
    return "the paging structures of a view belong to no other view's hierarchy, and their frames"
        + " are in nobody's reach";
  }

  @Override
  public String attack() {
    return "a paging structure is shared with another hierarchy: what the hypervisor's fault handler"
        + " maps there appears in the protected view";
  }

  @Override
  public List<String> assumptions() {
    return List.of("O-27", "frames-distinct");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    List<Finding> answers =
        new ArrayList<>(
            findings.of(
                QUESTION,
                new FrameFindings.Telling(
                    "reachable frames",
                    List.of("O-27"),
                    offence -> findings.touch(offence.subject(), offence.key()),
                    offence ->
                        findings.place(offence.subject(), offence)
                            + " reaches frame "
                            + findings.frame(offence)
                            + ", the "
                            + offence.offender().name())));
    for (View view : run.protectedViews()) {
      answers.add(root(run, view));
    }
    return answers;
  }

  private Finding root(Verification run, View view) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation =
        new Obligation(id(), List.of("O-27"), view.name(), "root", Optional.of(view.at()));
    Optional<Hpa> root = view.root().map(Hpa::page);
    if (root.isEmpty()) {
      return obligation.proved("allocated by the loader for this view", watch.by("enumeration"));
    }
    for (View other : run.policy().views()) {
      if (!other.vm().equals(view.vm()) && other.root().map(Hpa::page).equals(root)) {
        String message = "view " + other.name() + " of " + other.vm() + " has the same root";
        return obligation.refuted(
            message,
            Replay.statement(
                run.policy(), message, new ViewStatement.RootShared(view.name(), other.name())),
            watch.by("enumeration"));
      }
    }
    return obligation.proved("no view of another machine has this root", watch.by("enumeration"));
  }
}
