package dev.postern.verifier.report.html;

import dev.postern.model.RuleId;

/** The rules as formulas, for those who read them faster than sentences. */
final class Formulas {

  /** What the letters stand for. */
  static final String NOTATION =
      "In formulas v and w are views, 0 is the default view; f is a frame, g and h are"
          + " guest-physical addresses, l is a linear one. EPT_v(g) is the frame at g; exec_v and"
          + " write_v are the addresses with X and with W. L(v) are the places at which hostile state"
          + " can begin to execute in v. σ is a state of registers and flags, m one of protected"
          + " memory; σ →* σ′ says that the code leads from one to the other.";

  private Formulas() {}

  static String of(RuleId rule) {
    return switch (rule) {
      case EPT_WELL_FORMED ->
          "∀v,g. entry_v(g) ∉ Misconfigured ∧ (g ∈ exec_v → |leaf_v(g)| = 4 KiB)";
      case EPTP_LIST_EXACT ->
          "functions = {EPTP switching} ∧ ∀i<512. list[i] = eptp(view i) if declared, else invalid;"
              + " v ≠ w → root(v) ≠ root(w)";
      case DESTINATION_APPROVED ->
          "∀v. ∀g ∈ window_v. f := EPT_v(g): f ∈ source ∨ (f ∈ approved ∧ (g ∈ write_v → f ∈ approvedW))";
      case WINDOWS_NOT_EXECUTABLE -> "∀v. exec_v ⊆ trampolines_v ∪ code_v";
      case FRAMES_WRITE_XOR_EXECUTE ->
          "∀f ∈ code ∪ tables. ¬∃ EPT e, address g. e(g) = f ∧ W ∈ perms(e, g)";
      case NO_FOREIGN_WRITER -> "∀f ∈ code. writers(f) ∩ (devices ∪ host slots) = ∅";
      case CONTROL_FRAMES_UNREACHABLE -> "∀f ∈ control. ¬∃ view, machine or device that reaches f";
      case PRIVATE_STATE_PRIVATE ->
          "∀f ∈ private. |{(v,g) : EPT_v(g) = f}| = 1 ∧ no machine or device reaches f";
      case MEMORY_TYPE_CONSISTENT ->
          "EPT_v(g) = EPT_w(h) → type_v(g) = type_w(h) ∧ ipat_v(g) = ipat_w(h)";
      case DIRTY_TRACKING_COMPATIBLE -> "∀v,g. EPT_v(g) ∈ logged → g ∉ write_v";
      case TABLE_FRAMES_UNSHARED ->
          "v ≠ w → tables(v) ∩ tables(w) = ∅; ∀f ∈ tables. nobody reaches f";
      case DOORBELL_ALONE ->
          "∀ doorbell d. reachers(page(d)) = {owner(d)} ∪ approved(d), and rung, and heard";
      case VMFUNC_CONFINED ->
          "∀v. exec_v ⊆ known code ∧ {l : bytes at l encode VMFUNC} = declared sites";
      case LOCK_SUFFICIENT ->
          "conditions(lock, v) ∧ ∀l ∈ v. |translations(l)| = 1 ∧ ∀l ∈ L(v). safe(l)";
      case LANDING_SAFE ->
          "∀l ∈ L(v), ∀mode, ∀σ. every path from (l, σ) ends in {trap, fault, exit}, or passes a"
              + " gate of v with ECX = index(v) on the private stack";
      case ENTRY_STATE -> "∀σ at the gate's landing. ∀ repeated instruction reached. DF = 0 there";
      case EXIT_SCRUBBED ->
          "∀σ, memories m, m′. exit(σ, m) =_results exit(σ, m′) ∧ preserved = σ ∧ EAX = 0 ∧ ECX ="
              + " index(caller)";
      case CODE_CONTAINED ->
          "∀σ →* σ′ behind a gate. σ′.rip ∈ decoded code, σ′ executes no far transfer, INT, SYSCALL,"
              + " IRET";
      case ACCESSES_IN_WINDOWS ->
          "∀σ →* σ′ behind a gate, ∀ access [a, a+n) of σ′. no wrap ∧ [a, a+n) ⊆ one window with the"
              + " permission, or its private page";
      case BOUNDED -> "∀σ at the gate's landing. every path leaves or stops within the declared N";
      case EVENTS_CONFINED ->
          "∀ event while v is active. exits ∨ v reaches no descriptor table; #DB, #BP ∈ bitmap; ¬#VE";
      case PLATFORM_PINNED ->
          "∀ feature that changes code or paging. pinned by cpu ∨ off by a control";
      case SPECULATION ->
          "∀ path. last branch … LFENCE … entry ∧ check … LFENCE … access; ¬∃ computed branch";
      case GATE_LIVE -> "run(concrete machine, legitimate call) = entry, then return in view 0";
      case BUNDLE_COMPOSITION -> "the rules above hold of the union of all installed policies";
      case HOST_ASSUMPTIONS -> "what must be kept, above, is attested by the host";
    };
  }
}
