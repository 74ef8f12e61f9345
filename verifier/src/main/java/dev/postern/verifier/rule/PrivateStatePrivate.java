package dev.postern.verifier.rule;

import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Reach;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** O-58: stacks and state of protected code are one vCPU's and one mapping's. */
final class PrivateStatePrivate implements Rule {

  private static final FrameQuestion QUESTION =
      new FrameQuestion(
          "private-state-private",
          use -> use.has(Role.PRIVATE),
          (state, other) ->
              switch (other.via()) {
                case DEFAULT_VIEW, PROTECTED_VIEW, MACHINE, MEMORY_SLOT, DMA -> true;
                case CONTROL, TABLE -> false;
              },
          use -> use.has(Role.PRIVATE) && use.mappings() > 1);

  @Override
  public RuleId id() {
    return RuleId.PRIVATE_STATE_PRIVATE;
  }

  @Override
  public String statement() {
    return "a frame of private state is in one mapping of one view and in no virtual machine's"
        + " memory or device's reach, and each vCPU has frames of its own";
  }

  @Override
  public String attack() {
    return "while one vCPU runs protected code, another vCPU, view, machine or device changes what"
        + " that code has on its stack";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct", "K20");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    List<Finding> answers =
        new ArrayList<>(
            findings.of(
                QUESTION,
                new FrameFindings.Telling(
                    "private frames",
                    List.of("O-58"),
                    offence -> intrusion(findings, offence),
                    offence ->
                        offence.offender().name()
                            + " reaches frame "
                            + findings.frame(offence)
                            + " of "
                            + findings.place(offence.subject(), offence))));
    for (View view : run.protectedViews()) {
      for (Mapping mapping : view.mappings()) {
        if (mapping.role() == Role.PRIVATE) {
          answers.add(perVcpu(run, view, mapping));
        }
      }
    }
    return answers;
  }

  private static Access intrusion(FrameFindings findings, FrameQuestion.Offence offence) {
    if (!offence.own()) {
      return findings.touch(offence.offender(), offence.key());
    }
    Reach state =
        offence.subject().reach(offence.key(), use -> use.has(Role.PRIVATE)).orElseThrow();
    Reach other = offence.subject().reachBesides(offence.key(), state).orElseThrow();
    return findings.touch(offence.subject(), offence.key(), other);
  }

  private Finding perVcpu(Verification run, View view, Mapping mapping) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation =
        new Obligation(
            id(), List.of("O-58"), view.name(), mapping.name(), Optional.of(mapping.at()));
    Vm vm = run.vm(view);
    if (vm.vcpus() == 1) {
      return obligation.proved(vm.name() + " has one vCPU", watch.by("enumeration"));
    }
    boolean loader =
        switch (mapping.frames().owner()) {
          case Frames.Owner.Loader owner -> true;
          case Frames.Owner.Host owner -> false;
          case Frames.Owner.Memory owner -> false;
        };
    if (mapping.perVcpu() && loader) {
      return obligation.proved(
          "each of " + vm.vcpus() + " vCPUs has frames of its own", watch.by("enumeration"));
    }
    String message =
        "all "
            + vm.vcpus()
            + " vCPUs of "
            + vm.name()
            + " reach the same frames of "
            + mapping.name();
    Access.Kind kind = mapping.leaf().read() ? Access.Kind.R : Access.Kind.X;
    if (!mapping.leaf().read() && !mapping.leaf().execute()) {
      return obligation.proved("grants nothing", watch.by("enumeration"));
    }
    return obligation.refuted(
        message,
        Replay.access(
            run.policy(), message, new Access.InView(view.vm(), view.index(), mapping.gpa(), kind)),
        watch.by("enumeration"));
  }
}
