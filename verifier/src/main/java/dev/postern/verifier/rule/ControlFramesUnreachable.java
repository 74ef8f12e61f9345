package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Use;
import java.util.List;

/** O-34: the hypervisor's structures lie in nobody's reach, readable or not. */
final class ControlFramesUnreachable implements Rule {

  private static final FrameQuestion QUESTION =
      new FrameQuestion(
          "control-frames-unreachable",
          use ->
              switch (use.via()) {
                case DEFAULT_VIEW, PROTECTED_VIEW, MACHINE, MEMORY_SLOT, DMA -> true;
                case CONTROL, TABLE -> false;
              },
          (reach, other) -> other.via() == Use.Via.CONTROL,
          use -> false);

  @Override
  public RuleId id() {
    return RuleId.CONTROL_FRAMES_UNREACHABLE;
  }

  @Override
  public String statement() {
    return "no view, virtual machine or device reaches a frame that holds EPT tables, an EPTP list,"
        + " a VMCS, the #VE area, MSR or I/O bitmaps, a PML buffer, a posted-interrupt descriptor"
        + " or HLAT tables";
  }

  @Override
  public String attack() {
    return "the frame of the EPTP list is mapped into a view; the guest writes an EPT pointer of its"
        + " own into an empty slot and switches to it";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct", "K20");
  }

  @Override
  public List<Finding> check(Verification run) {
    FrameFindings findings = new FrameFindings(run, this);
    return findings.of(
        QUESTION,
        new FrameFindings.Telling(
            "reachable frames",
            List.of("O-34"),
            offence -> findings.touch(offence.subject(), offence.key()),
            offence ->
                findings.place(offence.subject(), offence)
                    + " reaches frame "
                    + findings.frame(offence)
                    + " of "
                    + offence.offender().name()));
  }
}
