package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.GrantStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.FrameSpace;
import dev.postern.verifier.frame.MapProver;
import dev.postern.verifier.map.Agreement.PairwiseVerdict;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The approved set in itself, for destination-approved: whose frames, and for how many writers. */
final class Approvals {

  /** A write approval, as the question whether two meet sees it. */
  private record WriteGrant(String vm, Vm.Approval approval) {

    boolean meetsBadly(WriteGrant other) {
      String mine = approval.source();
      String theirs = other.approval.source();
      return !mine.equals(theirs)
          && !(approval.sharedWith().contains(theirs)
              && other.approval.sharedWith().contains(mine));
    }

    String text() {
      return vm + "." + approval.name() + " for " + approval.source();
    }
  }

  private final Verification run;
  private final RuleId rule;
  private final FrameSpace space;

  Approvals(Verification run, RuleId rule) {
    this.run = run;
    this.rule = rule;
    this.space = FrameIndex.of(run).space();
  }

  /** O-37, and that each approval speaks of its own machine's memory. */
  List<Finding> check() {
    MapProver prover = new MapProver(run);
    List<Finding> answers = new ArrayList<>();
    List<WriteGrant> grants = new ArrayList<>();
    for (Vm vm : run.policy().vms()) {
      for (Vm.Approval approval : vm.approvals()) {
        foreign(vm, approval).ifPresent(answers::add);
        if (approval.write()) {
          grants.add(new WriteGrant(vm.name(), approval));
        }
      }
    }
    List<IntervalMap<WriteGrant>> maps =
        grants.stream()
            .map(grant ->
                IntervalMap.builder(WriteGrant::text)
                    .add(
                        space.first(grant.approval().frames()),
                        space.last(grant.approval().frames()),
                        grant)
                    .build()
                    .orThrow())
            .toList();
    Obligation obligation =
        new Obligation(rule, List.of("O-37"), "", "approvals", Optional.empty());
    switch (prover.pairwise("write-approvals-disjoint", maps, WriteGrant::meetsBadly)) {
      case PairwiseVerdict.Holds<WriteGrant> holds ->
          answers.add(
              obligation.proved(
                  "no two sources may write one frame by " + maps.size() + " write approvals",
                  prover.evidence()));
      case PairwiseVerdict.Unknown<WriteGrant>(String reason) ->
          answers.add(obligation.unknown("not decided", reason, prover.evidence()));
      case PairwiseVerdict.Violated<WriteGrant>(var violation) -> {
        WriteGrant a = violation.left().value();
        WriteGrant b = violation.right().value();
        String message =
            a.text()
                + " and "
                + b.text()
                + " both let frame "
                + space.text(violation.key())
                + " be written";
        answers.add(
            obligation
                .at(b.approval().at())
                .refuted(
                    message,
                    Replay.statement(
                        run.policy(),
                        message,
                        new GrantStatement.GrantsOverlap(
                            a.vm(), a.approval().name(), b.vm(), b.approval().name())),
                    prover.evidence()));
      }
    }
    return answers;
  }

  private Optional<Finding> foreign(Vm vm, Vm.Approval approval) {
    MapProver prover = new MapProver(run);
    IntervalMap.Builder<Boolean> own = IntervalMap.builder();
    for (Vm.Memory slot : vm.memory()) {
      var frames = FrameSpace.slot(vm, slot);
      own.add(space.first(frames), space.last(frames), true);
    }
    IntervalMap<Boolean> approved =
        IntervalMap.<Boolean>builder()
            .add(space.first(approval.frames()), space.last(approval.frames()), true)
            .build()
            .orThrow();
    Question<Boolean, Boolean> question =
        new Question.Inclusion<>("approval-of-own-memory", (a, b) -> true);
    return switch (prover.decide(question, approved, own.buildJoining(Boolean::logicalOr))) {
      case Verdict.Holds<Boolean, Boolean> holds -> Optional.empty();
      case Verdict.Unknown<Boolean, Boolean>(String reason) ->
          Optional.of(about(vm, approval).unknown("not decided", reason, prover.evidence()));
      case Verdict.Violated<Boolean, Boolean>(Violation<Boolean, Boolean> violation) -> {
        String message =
            vm.name()
                + "."
                + approval.name()
                + " approves frame "
                + space.text(violation.key())
                + ", which is not "
                + vm.name()
                + "'s";
        yield Optional.of(
            about(vm, approval)
                .refuted(
                    message,
                    Replay.statement(
                        run.policy(),
                        message,
                        new GrantStatement.ApprovalForeign(vm.name(), approval.name())),
                    prover.evidence()));
      }
    };
  }

  private Obligation about(Vm vm, Vm.Approval approval) {
    return new Obligation(
        rule, List.of("O-35"), "", vm.name() + "." + approval.name(), Optional.of(approval.at()));
  }
}
