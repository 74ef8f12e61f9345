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
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The approved set in itself, for destination-approved: whose frames, and for how many writers. */
final class Approvals {

  /** Who may write a frame, and beside whom: where several approvals say so, all must. */
  private record Writer(String source, Set<String> besides) {

    static Writer of(Vm.Approval approval) {
      return new Writer(approval.source(), Set.copyOf(approval.sharedWith()));
    }

    Writer and(Writer same) {
      Set<String> both = new TreeSet<>(besides);
      both.retainAll(same.besides);
      return new Writer(source, Set.copyOf(both));
    }

    boolean meetsBadly(Writer other) {
      return !source.equals(other.source)
          && !(besides.contains(other.source) && other.besides.contains(source));
    }

    String canonical() {
      return source + " beside " + new TreeSet<>(besides);
    }
  }

  /** A write approval and the machine that gives it. */
  private record WriteGrant(String vm, Vm.Approval approval) {
    String text() {
      return vm + "." + approval.name() + " for " + approval.source();
    }
  }

  private static final Question<Boolean, Boolean> OWN_MEMORY =
      new Question.Inclusion<>("approval-of-own-memory", (a, b) -> true);

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
    List<Finding> answers = new ArrayList<>();
    run.policy().vms().forEach(vm -> answers.addAll(foreign(vm)));
    answers.add(disjoint());
    return answers;
  }

  private Finding disjoint() {
    MapProver prover = new MapProver(run);
    List<WriteGrant> grants = grants();
    SortedMap<String, IntervalMap.Builder<Writer>> bySource = new TreeMap<>();
    for (WriteGrant grant : grants) {
      Vm.Approval approval = grant.approval();
      bySource
          .computeIfAbsent(approval.source(), _ -> IntervalMap.builder(Writer::canonical))
          .add(space.first(approval.frames()), space.last(approval.frames()), Writer.of(approval));
    }
    List<IntervalMap<Writer>> maps =
        bySource.values().stream().map(writers -> writers.buildJoining(Writer::and)).toList();
    Obligation obligation =
        new Obligation(rule, List.of("O-37"), "", "approvals", Optional.empty());
    return switch (prover.pairwise("write-approvals-disjoint", maps, Writer::meetsBadly)) {
      case PairwiseVerdict.Holds<Writer> holds ->
          obligation.proved(
              "no two sources may write one frame by " + grants.size() + " write approvals",
              prover.evidence());
      case PairwiseVerdict.Unknown<Writer>(String reason) ->
          obligation.unknown("not decided", reason, prover.evidence());
      case PairwiseVerdict.Violated<Writer>(var violation) -> {
        List<WriteGrant> meeting =
            grants.stream().filter(grant -> holds(grant, violation.key())).toList();
        yield meet(obligation, meeting, violation.key(), prover);
      }
    };
  }

  private List<WriteGrant> grants() {
    return run.policy().vms().stream()
        .flatMap(vm ->
            vm.approvals().stream()
                .filter(Vm.Approval::write)
                .map(approval -> new WriteGrant(vm.name(), approval)))
        .toList();
  }

  private boolean holds(WriteGrant grant, long key) {
    var frames = grant.approval().frames();
    return Long.compareUnsigned(space.first(frames), key) <= 0
        && Long.compareUnsigned(key, space.last(frames)) <= 0;
  }

  /** The attack: the first two of {@code meeting}, all of which hold the key, that may not meet. */
  private Finding meet(
      Obligation obligation, List<WriteGrant> meeting, long key, MapProver prover) {
    for (WriteGrant a : meeting) {
      for (WriteGrant b : meeting.subList(meeting.indexOf(a) + 1, meeting.size())) {
        if (Writer.of(a.approval()).meetsBadly(Writer.of(b.approval()))) {
          String message =
              a.text() + " and " + b.text() + " both let frame " + space.text(key) + " be written";
          return obligation
              .at(b.approval().at())
              .refuted(
                  message,
                  Replay.statement(
                      run.policy(),
                      message,
                      new GrantStatement.GrantsOverlap(
                          a.vm(), a.approval().name(), b.vm(), b.approval().name())),
                  prover.evidence());
        }
      }
    }
    throw new IllegalStateException("no two of the approvals of the frame meet badly");
  }

  /** One question for all approvals of a machine; only if it fails, which of them it is. */
  private List<Finding> foreign(Vm vm) {
    IntervalMap.Builder<Boolean> own = IntervalMap.builder();
    for (Vm.Memory slot : vm.memory()) {
      var frames = FrameSpace.slot(vm, slot);
      own.add(space.first(frames), space.last(frames), true);
    }
    IntervalMap<Boolean> memory = own.buildJoining(Boolean::logicalOr);
    if (new MapProver(run).decide(OWN_MEMORY, frames(vm.approvals()), memory)
        instanceof Verdict.Holds) {
      return List.of();
    }
    return vm.approvals().stream()
        .flatMap(approval -> foreign(vm, approval, memory).stream())
        .toList();
  }

  private IntervalMap<Boolean> frames(List<Vm.Approval> approvals) {
    IntervalMap.Builder<Boolean> frames = IntervalMap.builder();
    for (Vm.Approval approval : approvals) {
      frames.add(space.first(approval.frames()), space.last(approval.frames()), true);
    }
    return frames.buildJoining(Boolean::logicalOr);
  }

  private Optional<Finding> foreign(Vm vm, Vm.Approval approval, IntervalMap<Boolean> memory) {
    MapProver prover = new MapProver(run);
    return switch (prover.decide(OWN_MEMORY, frames(List.of(approval)), memory)) {
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
