package dev.postern.verifier.rule;

import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.Entries;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.FrameSpace;
import dev.postern.verifier.frame.MapProver;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Range;
import dev.postern.verifier.map.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * O-35, O-26, O-37: windows show what is approved for the source, or the source's own memory, with
 * no more permission and no larger pages than approved; write approvals of different sources do not
 * meet. Frames a view calls code, constants, state or paging structures are their rules' to judge.
 */
final class DestinationApproved implements Rule {

  /** What is needed or granted on a frame; writing includes reading. */
  private enum Right {
    READ,
    WRITE;

    static Right of(boolean write) {
      return write ? WRITE : READ;
    }

    Right join(Right other) {
      return this == WRITE ? WRITE : other;
    }

    boolean covers(Right needed) {
      return this == WRITE || needed == READ;
    }
  }

  @Override
  public RuleId id() {
    return RuleId.DESTINATION_APPROVED;
  }

  @Override
  public String statement() {
    return "every page of a window is of the source's own memory or approved for it, writable only"
        + " where writing is approved, and a large page is approved as a whole; two sources may"
        + " write one frame only where both approvals say so";
  }

  @Override
  public String attack() {
    return "a window's large page covers more than was approved, and protected code, fed a bad"
        + " offset, reads or writes the destination's other memory";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct", "O-26", "O-36");
  }

  @Override
  public List<Finding> check(Verification run) {
    Map<String, IntervalMap<Right>> grants = new HashMap<>();
    for (View view : run.protectedViews()) {
      grants.computeIfAbsent(view.vm(), vm -> granted(run, vm, true));
    }
    List<Finding> answers =
        new ArrayList<>(
            run.each(
                run.protectedViews(),
                view ->
                    windows(run, view, Optional.ofNullable(grants.get(view.vm())).orElseThrow())));
    for (View view : run.policy().views()) {
      if (view.isDefault()) {
        defaultView(run, view).ifPresent(answers::add);
      }
    }
    answers.addAll(new Approvals(run, id()).check());
    return answers;
  }

  private Finding windows(Verification run, View view, IntervalMap<Right> granted) {
    MapProver prover = new MapProver(run);
    IntervalMap<Right> needs = needs(run, view);
    run.covers(id(), "windows", needs.size());
    Obligation obligation =
        new Obligation(
            id(), List.of("O-35", "O-26"), view.name(), "windows", Optional.of(view.at()));
    Question<Right, Right> question =
        new Question.Inclusion<>("destination-approved", (needed, right) -> right.covers(needed));
    return switch (prover.decide(question, needs, granted)) {
      case Verdict.Holds<Right, Right> holds ->
          obligation.proved(
              "frames of windows are granted over " + needs.size() + " ranges", prover.evidence());
      case Verdict.Unknown<Right, Right>(String reason) ->
          obligation.unknown("not decided", reason, prover.evidence());
      case Verdict.Violated<Right, Right>(Violation<Right, Right> violation) ->
          unapproved(run, view, obligation, violation, prover);
    };
  }

  /** The default view shows other machines' memory only where that is approved. */
  private Optional<Finding> defaultView(Verification run, View view) {
    MapProver prover = new MapProver(run);
    FrameSpace space = FrameIndex.of(run).space();
    IntervalMap.Builder<Boolean> foreign = IntervalMap.builder();
    for (Vm vm : run.policy().vms()) {
      if (!vm.name().equals(view.vm())) {
        for (Vm.Memory slot : vm.memory()) {
          var frames = FrameSpace.slot(vm, slot);
          foreign.add(space.first(frames), space.last(frames), true);
        }
      }
    }
    IntervalMap<Boolean> others = foreign.buildJoining(Boolean::logicalOr);
    IntervalMap<Right> needs = needs(run, view);
    IntervalMap<Right> granted = granted(run, view.vm(), false);
    IntervalMap.Builder<Right> shown = IntervalMap.builder();
    for (int i = 0; i < needs.size(); i++) {
      for (int j = others.indexAtOrAfter(needs.first(i));
          j < others.size() && Long.compareUnsigned(others.first(j), needs.last(i)) <= 0;
          j++) {
        shown.add(
            max(needs.first(i), others.first(j)),
            min(needs.last(i), others.last(j)),
            needs.value(i));
      }
    }
    Question<Right, Right> question =
        new Question.Inclusion<>("default-view-approved", (needed, right) -> right.covers(needed));
    Obligation obligation =
        new Obligation(id(), List.of("O-35"), view.name(), "memory", Optional.of(view.at()));
    return switch (prover.decide(question, shown.build().orThrow(), granted)) {
      case Verdict.Holds<Right, Right> holds -> Optional.empty();
      case Verdict.Unknown<Right, Right>(String reason) ->
          Optional.of(obligation.unknown("not decided", reason, prover.evidence()));
      case Verdict.Violated<Right, Right>(Violation<Right, Right> violation) ->
          Optional.of(unapproved(run, view, obligation, violation, prover));
    };
  }

  private static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  /** Frames shown by windows (in the default view: as memory), with the rights they take. */
  private static IntervalMap<Right> needs(Verification run, View view) {
    FrameIndex index = FrameIndex.of(run);
    IntervalMap.Builder<Right> needs = IntervalMap.builder();
    for (Mapping m : view.mappings()) {
      if (isWindow(m) && index.grants(m.leaf(), m.pageSize(), m.frames())) {
        needs.add(index.space().first(m.frames()), index.space().last(m.frames()), need(m));
      }
    }
    return needs.buildJoining(Right::join);
  }

  private static Right need(Mapping mapping) {
    return Right.of(Entries.writes(mapping.role(), mapping.leaf()));
  }

  private static boolean isWindow(Mapping mapping) {
    return switch (mapping.role()) {
      case RAM, SOURCE_WINDOW, DESTINATION_WINDOW -> true;
      case TRAMPOLINE, CODE, CONSTANT, PRIVATE, PAGING -> false;
    };
  }

  private static IntervalMap<Right> granted(Verification run, String source, boolean own) {
    FrameSpace space = FrameIndex.of(run).space();
    IntervalMap.Builder<Right> grants = IntervalMap.builder();
    for (Vm vm : run.policy().vms()) {
      for (Vm.Approval approval : vm.approvals()) {
        if (approval.source().equals(source)) {
          grants.add(
              space.first(approval.frames()),
              space.last(approval.frames()),
              Right.of(approval.write()));
        }
      }
      for (Vm.Memory slot : own && vm.name().equals(source) ? vm.memory() : List.<Vm.Memory>of()) {
        var frames = FrameSpace.slot(vm, slot);
        grants.add(space.first(frames), space.last(frames), Right.WRITE);
      }
    }
    return grants.buildJoining(Right::join);
  }

  private static Finding unapproved(
      Verification run,
      View view,
      Obligation obligation,
      Violation<Right, Right> violation,
      MapProver prover) {
    long key = violation.key();
    Optional<Right> granted = violation.right().map(Range::value);
    FrameIndex index = FrameIndex.of(run);
    Policy policy = run.policy();
    Mapping mapping =
        view.mappings().stream()
            .filter(m -> isWindow(m) && index.grants(m.leaf(), m.pageSize(), m.frames()))
            .filter(m ->
                holds(index.space(), m, key)
                    && granted.filter(right -> right.covers(need(m))).isEmpty())
            .findFirst()
            .orElseThrow();
    long into = (key - index.space().first(mapping.frames())) << PageSize.SMALL.shift();
    String message =
        "frame "
            + index.space().text(key)
            + ", "
            + mapping.name()
            + "+0x"
            + Long.toHexString(into)
            + ", is not approved for "
            + view.vm()
            + " as "
            + mapping.leaf().permissions()
            + (mapping.pageSize() == PageSize.SMALL ? "" : ", in a large page");
    Access.Kind kind =
        switch (need(mapping)) {
          case WRITE -> Access.Kind.W;
          case READ -> mapping.leaf().read() ? Access.Kind.R : Access.Kind.X;
        };
    return obligation
        .at(mapping.at())
        .refuted(
            message,
            Replay.access(
                policy,
                message,
                new Access.InView(view.vm(), view.index(), mapping.gpa().plus(into), kind)),
            prover.evidence());
  }

  private static boolean holds(FrameSpace space, Mapping mapping, long key) {
    return Long.compareUnsigned(
            key - space.first(mapping.frames()), mapping.size() >>> PageSize.SMALL.shift())
        < 0;
  }
}
