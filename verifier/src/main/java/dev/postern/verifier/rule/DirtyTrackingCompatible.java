package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.frame.FrameQuestion;
import dev.postern.verifier.frame.Use;
import java.util.List;

/**
 * O-42. A write through a protected view sets the dirty flag of that view's leaf, and PML logs that
 * view's address: dirty logging of the frame's owner, or of the source itself, never sees it.
 */
final class DirtyTrackingCompatible implements Rule {

  private static final FrameQuestion QUESTION =
      new FrameQuestion(
          "dirty-tracking-compatible",
          use -> use.via() == Use.Via.PROTECTED_VIEW && use.window() && use.writes(),
          (window, other) -> other.has(Use.Trait.DIRTY_LOGGED),
          use -> false);

  @Override
  public RuleId id() {
    return RuleId.DIRTY_TRACKING_COMPATIBLE;
  }

  @Override
  public String statement() {
    return "no memory whose writes the host logs for migration is writable through a window";
  }

  @Override
  public String attack() {
    return "packets written through the window are not in the dirty log, so the destination migrates"
        + " without them and goes on with stale memory";
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
            "writable windows",
            List.of("O-42"),
            offence ->
                findings.access(
                    offence.subject(),
                    offence.subject().reach(offence.key(), Use::writes).orElseThrow(),
                    offence.key(),
                    Access.Kind.W),
            offence ->
                findings.place(offence.subject(), offence)
                    + " writes frame "
                    + findings.frame(offence)
                    + " of "
                    + offence.offender().name()
                    + ", which is dirty-logged"));
  }
}
