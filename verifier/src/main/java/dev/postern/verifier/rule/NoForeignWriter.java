package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Gpa;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.FrameQuestion.Offence;
import dev.postern.verifier.frame.FrameSpace;
import dev.postern.verifier.frame.MapProver;
import dev.postern.verifier.frame.Use;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * O-31, O-32, O-33, O-41, O-43: writers that no EPT stops. A machine that runs on its memory slots
 * without a view writes through an EPT, which is frames-write-xor-execute's.
 */
final class NoForeignWriter implements Rule {

  private static final FrameQuestion DEVICES =
      new FrameQuestion(
          "no-foreign-writer",
          Use::immutable,
          (code, other) -> other.via() == Use.Via.DMA,
          use -> false);

  /**
   * Paging structures the hypervisor pins are the guest's own memory; that host-side writers leave
   * them alone is part of assumption O-33.
   */
  private static final FrameQuestion HOST =
      new FrameQuestion(
          "no-foreign-writer",
          use -> use.has(Role.TRAMPOLINE) || use.has(Role.CODE) || use.has(Role.CONSTANT),
          (code, other) -> other.via() == Use.Via.MEMORY_SLOT,
          use -> false);

  private static final FrameQuestion SPECIAL =
      new FrameQuestion(
          "no-foreign-writer",
          use -> use.via() == Use.Via.PROTECTED_VIEW && use.window(),
          (window, other) -> other.has(Use.Trait.SPECIAL),
          use -> false);

  @Override
  public RuleId id() {
    return RuleId.NO_FOREIGN_WRITER;
  }

  @Override
  public String statement() {
    return "no device and no host-side writer reaches a frame of code; the addresses of a protected"
        + " view mean nothing else to the host; windows show ordinary memory";
  }

  @Override
  public String attack() {
    return "the guest asks a device, or a virtio backend of the host, to receive a packet into the"
        + " page that holds the gate's code: the write does not pass the EPT";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct", "K20", "O-32", "O-33");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    List<Finding> answers = new ArrayList<>();
    answers.addAll(findings.of(DEVICES, writers(findings, "code frames and devices", "O-31")));
    answers.addAll(findings.of(HOST, writers(findings, "code frames and memory slots", "O-32")));
    answers.addAll(
        findings.of(
            SPECIAL,
            new FrameFindings.Telling(
                "windows",
                List.of("O-43"),
                offence -> findings.touch(offence.subject(), offence.key()),
                offence ->
                    findings.place(offence.subject(), offence)
                        + " shows frame "
                        + findings.frame(offence)
                        + ", which is not ordinary memory")));
    answers.addAll(run.each(run.protectedViews(), view -> addresses(run, view)));
    for (View view : run.protectedViews()) {
      promised(run, view).ifPresent(answers::add);
    }
    return answers;
  }

  /** O-31: domains the policy does not list are kept out by the host alone. */
  private Optional<Finding> promised(Verification run, View view) {
    Vm vm = run.vm(view);
    if (vm.controls().holds(Control.K20)) {
      return Optional.empty();
    }
    String message = "the host does not keep devices out of code, private and control frames";
    return Optional.of(
        new Obligation(id(), List.of("O-31"), view.name(), "dma", Optional.of(vm.controls().at()))
            .refuted(
                message,
                Replay.statement(
                    run.policy(),
                    message,
                    new PlatformStatement.ControlLax(vm.name(), Control.K20)),
                run.stopwatch().by("enumeration")));
  }

  private static FrameFindings.Telling writers(
      FrameFindings findings, String subject, String discharges) {
    return new FrameFindings.Telling(
        subject, List.of(discharges), findings::write, offence -> told(findings, offence));
  }

  private static String told(FrameFindings findings, Offence offence) {
    return offence.offender().name()
        + " can write frame "
        + findings.frame(offence)
        + " of "
        + findings.place(offence.subject(), offence);
  }

  /**
   * An address in both a protected view and a memory slot leads to the same frame: key minus page
   * number is the same on both sides.
   */
  private Finding addresses(Verification run, View view) {
    MapProver prover = new MapProver(run);
    FrameSpace space = FrameIndex.of(run).space();
    Vm vm = run.vm(view);
    IntervalMap.Builder<Long> mapped = IntervalMap.builder();
    for (Mapping m : view.mappings()) {
      long page = m.gpa().value() >>> PageSize.SMALL.shift();
      mapped.addCount(page, m.size() >>> PageSize.SMALL.shift(), space.first(m.frames()) - page);
    }
    IntervalMap.Builder<Long> slots = IntervalMap.builder();
    for (Vm.Memory slot : vm.memory()) {
      long page = slot.gpa().value() >>> PageSize.SMALL.shift();
      slots.addCount(
          page,
          slot.size() >>> PageSize.SMALL.shift(),
          space.first(FrameSpace.slot(vm, slot)) - page);
    }
    Question<Long, Long> question =
        new Question.Exclusion<>("view-addresses-outside-slots", (a, b) -> !a.equals(b));
    Obligation obligation =
        new Obligation(
            id(), List.of("O-33", "O-41"), view.name(), "addresses", Optional.of(view.at()));
    IntervalMap<Long> own = mapped.build().orThrow();
    run.covers(id(), "addresses", own.size());
    return switch (prover.decide(question, own, slots.buildJoining((a, b) -> a))) {
      case Verdict.Holds<Long, Long> holds ->
          obligation.proved(
              "addresses of "
                  + view.mappings().size()
                  + " mappings lie outside "
                  + vm.name()
                  + "'s memory slots or lead to the same frames",
              prover.evidence());
      case Verdict.Unknown<Long, Long>(String reason) ->
          obligation.unknown("not decided", reason, prover.evidence());
      case Verdict.Violated<Long, Long>(Violation<Long, Long> violation) ->
          collision(run, view, obligation, violation.key(), prover);
    };
  }

  private static Finding collision(
      Verification run, View view, Obligation obligation, long page, MapProver prover) {
    Gpa gpa = new Gpa(page << PageSize.SMALL.shift());
    Mapping mapping =
        view.mappings().stream()
            .filter(m -> Long.compareUnsigned(gpa.value() - m.gpa().value(), m.size()) < 0)
            .findFirst()
            .orElseThrow();
    String message =
        mapping.name()
            + " at "
            + gpa
            + " lies in a memory slot of "
            + view.vm()
            + " that holds another frame";
    Access.Kind kind =
        mapping.leaf().read()
            ? Access.Kind.R
            : mapping.leaf().write() ? Access.Kind.W : Access.Kind.X;
    return obligation
        .at(mapping.at())
        .refuted(
            message,
            Replay.access(
                run.policy(), message, new Access.InView(view.vm(), view.index(), gpa, kind)),
            prover.evidence());
  }
}
