package dev.postern.verifier.rule;

import dev.postern.model.Mapping;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Holder;
import dev.postern.verifier.frame.MapProver;
import dev.postern.verifier.frame.Reach;
import dev.postern.verifier.frame.Use;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * O-24: a frame has one memory type wherever it is mapped, and memory is write-back for every PAT.
 */
final class MemoryTypeConsistent implements Rule {

  private static final FrameQuestion SAME_TYPE =
      new FrameQuestion(
          "memory-type-consistent",
          use -> use.types() != 0,
          (use, other) -> other.types() != 0 && other.types() != use.types(),
          use -> Integer.bitCount(use.types()) > 1);

  @Override
  public RuleId id() {
    return RuleId.MEMORY_TYPE_CONSISTENT;
  }

  @Override
  public String statement() {
    return "a frame has the same memory type and the same ignore-PAT bit in every mapping, and"
        + " ordinary memory is write-back with PAT ignored";
  }

  @Override
  public String attack() {
    return "the guest gives its own mapping of a shared frame an uncached type through PAT, and reads"
        + " or writes memory past what the protected view has in the cache";
  }

  @Override
  public List<String> assumptions() {
    return List.of("O-24", "frames-distinct");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    List<Finding> answers =
        new ArrayList<>(
            findings.of(
                SAME_TYPE,
                new FrameFindings.Telling(
                    "mapped frames",
                    List.of("O-24"),
                    offence -> findings.touch(offence.subject(), offence.key()),
                    offence ->
                        "frame "
                            + findings.frame(offence)
                            + " of "
                            + findings.place(offence.subject(), offence)
                            + " has another memory type in "
                            + offence.offender().name())));
    FrameIndex index = FrameIndex.of(run);
    IntervalMap<Boolean> special = special(index);
    for (Holder holder : index.holders()) {
      switch (holder.via()) {
        case PROTECTED_VIEW, DEFAULT_VIEW, MACHINE ->
            writeBack(run, findings, holder, special).ifPresent(answers::add);
        case MEMORY_SLOT, DMA, CONTROL, TABLE -> {}
      }
    }
    return answers;
  }

  private static IntervalMap<Boolean> special(FrameIndex index) {
    IntervalMap.Builder<Boolean> special = IntervalMap.builder();
    for (Holder holder : index.holders()) {
      IntervalMap<Use> uses = holder.uses().where(use -> use.has(Use.Trait.SPECIAL));
      for (int i = 0; i < uses.size(); i++) {
        special.add(uses.first(i), uses.last(i), true);
      }
    }
    return special.buildJoining(Boolean::logicalOr);
  }

  /** Frames of another type than write-back are device memory; told where something is mapped. */
  private Optional<Finding> writeBack(
      Verification run, FrameFindings findings, Holder holder, IntervalMap<Boolean> special) {
    MapProver prover = new MapProver(run);
    IntervalMap<Use> others =
        holder.uses().where(use -> use.types() != 0 && use.types() != Use.WRITE_BACK);
    Question<Use, Boolean> question =
        new Question.Inclusion<>("memory-is-write-back", (use, isSpecial) -> isSpecial);
    Obligation obligation =
        new Obligation(
            id(),
            List.of("O-24"),
            holder.view().map(View::name).orElse(""),
            "ordinary memory",
            holder.view().map(View::at));
    return switch (prover.decide(question, others, special)) {
      case Verdict.Holds<Use, Boolean> holds ->
          holder.via() == Use.Via.PROTECTED_VIEW
              ? Optional.of(
                  obligation.proved(
                      "ordinary memory is write-back in "
                          + holder.view().map(View::mappings).map(List<Mapping>::size).orElse(0)
                          + " mappings",
                      prover.evidence()))
              : Optional.empty();
      case Verdict.Unknown<Use, Boolean>(String reason) ->
          Optional.of(obligation.unknown("not decided", reason, prover.evidence()));
      case Verdict.Violated<Use, Boolean>(Violation<Use, Boolean> violation) -> {
        Reach reach =
            holder.reach(violation.key(), use -> use.types() != Use.WRITE_BACK).orElseThrow();
        String message = reach.name() + " of " + holder.name() + " is not write-back for every PAT";
        yield Optional.of(
            obligation
                .at(reach.at())
                .refuted(
                    message,
                    findings.counterexample(
                        message, findings.touch(holder, violation.key(), reach)),
                    prover.evidence()));
      }
    };
  }
}
