package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Use;
import java.util.List;

/**
 * O-30: W^X over frames, not addresses. Devices and the host's own mappings are
 * no-foreign-writer's; bits of a code leaf itself that defeat W=0 are ept-well-formed's.
 */
final class FramesWriteXorExecute implements Rule {

  private static final FrameQuestion QUESTION =
      new FrameQuestion(
          "frames-write-xor-execute",
          Use::immutable,
          (code, other) -> other.writes() && throughEpt(other.via()),
          use -> use.immutable() && use.writes());

  @Override
  public RuleId id() {
    return RuleId.FRAMES_WRITE_XOR_EXECUTE;
  }

  @Override
  public String statement() {
    return "no frame of a trampoline, of protected code, of its constants or of locked paging"
        + " structures is writable through any EPT: of any view, at any address, of any virtual"
        + " machine";
  }

  @Override
  public String attack() {
    return "the frame that holds the gate's code is mapped a second time, writable; whoever has that"
        + " mapping rewrites the gate and the next call runs its code in the protected view";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    return findings.of(
        QUESTION,
        new FrameFindings.Telling(
            "code frames",
            List.of("O-30"),
            findings::write,
            offence ->
                offence.offender().name()
                    + " can write frame "
                    + findings.frame(offence)
                    + " of "
                    + findings.place(offence.subject(), offence)));
  }

  private static boolean throughEpt(Use.Via via) {
    return switch (via) {
      case DEFAULT_VIEW, PROTECTED_VIEW, MACHINE -> true;
      case MEMORY_SLOT, DMA, CONTROL, TABLE -> false;
    };
  }
}
