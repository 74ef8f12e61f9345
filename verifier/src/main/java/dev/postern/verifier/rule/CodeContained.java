package dev.postern.verifier.rule;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.verifier.access.LockStatement;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.HexFormat;
import java.util.List;

/** Control behind a gate stays in decoded instructions of the view's signed code. */
final class CodeContained extends WalkRule {

  /** MOV CR, WRMSR, XSETBV, IRETQ: what an attacker would look for between the instructions. */
  private static final List<String> GADGETS = List.of("0f22", "0f30", "0f01d1", "48cf");

  @Override
  public RuleId id() {
    return RuleId.CODE_CONTAINED;
  }

  @Override
  public String statement() {
    return "behind a gate, every branch goes to an instruction that has been decoded and followed: "
        + "computed targets are among finitely many known ones, there is no far transfer, INT, "
        + "SYSCALL or IRET, and control never runs off the code; protected pages hold no bytes of "
        + "MOV to CR, WRMSR, XSETBV or IRETQ at any offset";
  }

  @Override
  public String attack() {
    return "make protected code return through memory the guest can write, or call through a pointer "
        + "from a packet: execution goes on at any byte of the view's code";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K4", "K9");
  }

  @Override
  String holds(GateWalk walk) {
    return "all control flow behind gate " + walk.gate().name() + " stays in followed code";
  }

  @Override
  void inspect(Inquiry inquiry) {
    Term yes = inquiry.algebra().constant(true);
    for (Event event : inquiry.walk().events()) {
      switch (event) {
        case Event.Indirect branch ->
            inquiry.never(
                branch.state(),
                nowhere(inquiry, branch.target()),
                "a branch goes to a computed target that is not known",
                "stray",
                "O-65");
        case Event.Transfers transfer ->
            inquiry.never(
                transfer.state(),
                yes,
                transfer.mnemonic() + " goes through tables the guest owns",
                "violation",
                "O-52",
                "O-65");
        case Event.LeavesCode leaves ->
            inquiry.never(leaves.state(), yes, "control runs off the view's code", "stray", "O-65");
        case Event.Raises raises -> raised(inquiry, raises);
        case Event.Access e -> {}
        case Event.AccessAnywhere e -> {}
        case Event.Faults e -> {}
        case Event.Approximated e -> {}
        case Event.Exits e -> {}
        case Event.Predicted e -> {}
        case Event.Trapped e -> {}
        case Event.Vmfunc e -> {}
        case Event.Reached e -> {}
        case Event.LeavesPage e -> {}
        case Event.Unmodelled e -> {}
        case Event.Reserved reserved ->
            inquiry.never(
                reserved.state(),
                yes,
                "an encoding is executed that the SDM reserves, whatever it does",
                "reserved",
                "O-65");
      }
    }
    gadgets(inquiry);
  }

  /**
   * A target outside all of the view's code makes the clearest witness; one inside is no better.
   */
  private static Term nowhere(Inquiry inquiry, Term target) {
    TermAlgebra algebra = inquiry.algebra();
    Term outside = algebra.constant(true);
    for (Mapping mapping : inquiry.walk().space().mappings()) {
      if (mapping.leaf().execute()) {
        Term inside =
            algebra.ult(
                algebra.sub(target, algebra.constant(64, mapping.la().value())),
                algebra.constant(64, mapping.size()));
        outside = algebra.and(outside, algebra.not(inside));
      }
    }
    return outside;
  }

  /** An exception behind a gate exits if its vector is intercepted; it ends the call. */
  private static void raised(Inquiry inquiry, Event.Raises raises) {
    State state = raises.state();
    boolean intercepted =
        inquiry
            .verification()
            .vm(inquiry.walk().view())
            .controls()
            .intercepts(raises.vector().vector());
    if (!intercepted) {
      inquiry.never(
          state,
          raises.condition(),
          "#" + raises.vector() + " is delivered in the view through the guest's IDT",
          "violation",
          "O-65");
    }
  }

  /** O-66: defence in depth, should mediation ever fail. */
  private static void gadgets(Inquiry inquiry) {
    for (Mapping mapping : inquiry.walk().view().mappings()) {
      boolean code = mapping.role() == Role.CODE || mapping.role() == Role.TRAMPOLINE;
      if (code && mapping.image().isPresent()) {
        byte[] bytes = mapping.image().get().bytes().toArray();
        for (String gadget : GADGETS) {
          int at = find(bytes, HexFormat.of().parseHex(gadget));
          if (at >= 0) {
            LockStatement fact =
                new LockStatement.Gadget(inquiry.walk().view().name(), mapping.name(), at, gadget);
            inquiry.refute(
                mapping.name() + "+0x" + Integer.toHexString(at),
                "the bytes of a privileged instruction stand in executable memory: " + fact,
                fact,
                "O-66");
          }
        }
      }
    }
  }

  private static int find(byte[] bytes, byte[] pattern) {
    for (int i = 0; i + pattern.length <= bytes.length; i++) {
      int j = 0;
      while (j < pattern.length && bytes[i + j] == pattern[j]) {
        j++;
      }
      if (j == pattern.length) {
        return i;
      }
    }
    return -1;
  }
}
