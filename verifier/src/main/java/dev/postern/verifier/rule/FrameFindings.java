package dev.postern.verifier.rule;

import dev.postern.model.Gpa;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.HostFrame;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.FrameQuestion.Offence;
import dev.postern.verifier.frame.Holder;
import dev.postern.verifier.frame.Reach;
import dev.postern.verifier.frame.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Turns the answer to a question about frames into findings of a rule. */
final class FrameFindings {

  /**
   * How a rule tells its offences.
   *
   * @param subject what is looked at, for the report: "code frames"
   * @param attack the access that carries out an offence
   * @param message of a refuted finding
   * @param discharges of a refuted finding
   */
  record Telling(
      String subject,
      List<String> discharges,
      Function<Offence, Access> attack,
      Function<Offence, String> message) {}

  private final Verification run;
  private final Rule rule;
  private final FrameIndex index;

  FrameFindings(Verification run, Rule rule) {
    this.run = run;
    this.rule = rule;
    this.index = FrameIndex.of(run);
  }

  /**
   * One finding for each protected view, and one for each other offended holder whose frame no
   * protected view is offended by.
   */
  List<Finding> of(FrameQuestion question, Telling telling) {
    FrameQuestion.Answer answer = question.ask(run);
    run.covers(rule.id(), telling.subject(), answer.ranges());
    List<Finding> findings = new ArrayList<>();
    Set<Long> told =
        answer.offences().stream()
            .filter(offence -> isProtected(offence.subject()))
            .map(Offence::key)
            .collect(Collectors.toSet());
    for (Offence offence : answer.offences()) {
      if (isProtected(offence.subject()) || !told.contains(offence.key())) {
        findings.add(refuted(offence, telling, answer.evidence()));
      }
    }
    Set<String> offended = findings.stream().map(Finding::view).collect(Collectors.toSet());
    for (View view : run.protectedViews()) {
      if (!offended.contains(view.name())) {
        Obligation obligation =
            new Obligation(
                rule.id(),
                telling.discharges(),
                view.name(),
                telling.subject(),
                Optional.of(view.at()));
        findings.add(
            answer
                .undecided()
                .map(reason -> obligation.unknown("not decided", reason, answer.evidence()))
                .orElseGet(() ->
                    obligation.proved(
                        "holds over " + ranges(view, question) + " of " + telling.subject(),
                        answer.evidence())));
      }
    }
    return findings;
  }

  private String ranges(View view, FrameQuestion question) {
    int ranges = index.holder(view).uses().where(question.subject()).size();
    return ranges == 1 ? "1 range" : ranges + " ranges";
  }

  private Finding refuted(Offence offence, Telling telling, Evidence evidence) {
    String message = telling.message().apply(offence);
    Obligation obligation =
        new Obligation(
            rule.id(),
            telling.discharges(),
            offence.subject().view().map(View::name).orElse(""),
            frame(offence),
            offence.subject().reach(offence.key(), use -> true).map(Reach::at));
    return obligation.refuted(
        message, Replay.access(run.policy(), message, telling.attack().apply(offence)), evidence);
  }

  private static boolean isProtected(Holder holder) {
    return holder.via() == Use.Via.PROTECTED_VIEW;
  }

  /** The frame in the words of the policy. */
  String frame(Offence offence) {
    return index.space().text(offence.key());
  }

  /** What the subject calls the frame: "view tx of fw, stack". */
  String place(Holder holder, Offence offence) {
    return holder.reach(offence.key(), use -> true).map(Reach::name).stream()
        .map(name -> holder.name() + ", " + name)
        .findFirst()
        .orElse(holder.name());
  }

  /** An access of this kind to the frame by {@code holder}, by way of {@code reach}. */
  Access access(Holder holder, Reach reach, long key, Access.Kind kind) {
    Gpa gpa = holder.gpa(reach, key);
    return switch (holder.via()) {
      case DEFAULT_VIEW, PROTECTED_VIEW ->
          new Access.InView(
              holder.machine(), holder.view().map(View::index).orElseThrow(), gpa, kind);
      case MACHINE -> new Access.InMachine(holder.machine(), gpa, kind);
      case MEMORY_SLOT -> new Access.ByHost(holder.machine(), gpa);
      case DMA ->
          new Access.ByDevice(
              holder.machine(),
              new HostFrame(index.space().owner(key).toString(), index.space().offset(key)));
      case CONTROL, TABLE ->
          throw new IllegalArgumentException(holder.name() + " accesses nothing itself");
    };
  }

  /** The counterexample that makes this access. */
  Counterexample counterexample(String attack, Access access) {
    return Replay.access(run.policy(), attack, access);
  }

  /** The offender's write to the frame. */
  Access write(Offence offence) {
    Holder by = offence.offender();
    Reach reach = by.reach(offence.key(), Use::writes).orElseThrow();
    return access(by, reach, offence.key(), Access.Kind.W);
  }

  /**
   * An access to the frame that {@code holder} can make: a read, or a fetch of execute-only pages.
   */
  Access touch(Holder holder, long key) {
    return touch(holder, key, holder.reach(key, use -> true).orElseThrow());
  }

  Access touch(Holder holder, long key, Reach reach) {
    return access(holder, reach, key, reach.reads() ? Access.Kind.R : Access.Kind.X);
  }
}
