package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.Statement;
import java.util.List;
import java.util.Optional;

/**
 * O-22, O-55, O-56, O-60, O-79: what the proofs read of the processor stays as they read it while a
 * protected view exists. Whether the lock has the control it stands on is lock-sufficient's.
 */
final class PlatformPinned implements Rule {

  @Override
  public RuleId id() {
    return RuleId.PLATFORM_PINNED;
  }

  @Override
  public String statement() {
    return "paging mode, control registers and the MSRs by which the processor itself writes memory"
        + " or vectors events are the host's; every feature that changes what code or paging means"
        + " is pinned by the policy's processor or switched off by a control";
  }

  @Override
  public String attack() {
    return "the guest turns paging off, so that linear addresses are guest-physical ones and no lock"
        + " holds; or points PEBS at the protected range and lets the processor write there";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K4", "K5", "K6", "K13", "K14", "K15");
  }

  @Override
  public List<Finding> check(Verification run) {
    return run.each(run.mediatedViews(), view -> of(run, view)).stream()
        .flatMap(List::stream)
        .toList();
  }

  private List<Finding> of(Verification run, View view) {
    Vm vm = run.vm(view);
    run.covers(id(), "features", Cpu.Feature.values().length);
    return List.of(
        decide(
            run,
            view,
            "control registers",
            List.of("O-22", "O-60"),
            lax(vm, Control.K4),
            "the guest changes paging mode or another mode bit while views exist",
            "CR0 and CR4 bits the proofs read are the host's"),
        decide(
            run,
            view,
            "model-specific registers",
            List.of("O-22", "O-55", "O-60"),
            lax(vm, Control.K5),
            "the guest leaves long mode, or lets the processor write memory by its own pointers",
            "EFER, DS area, trace, FRED, UINTR and protection-key MSRs are the host's"),
        decide(
            run,
            view,
            "nested virtualisation",
            List.of("O-79"),
            lax(vm, Control.K18),
            "a hypervisor of the guest's own runs guests under EPTP lists nobody proved",
            "nested VMX is off"),
        decide(
            run,
            view,
            "event delivery",
            List.of("O-56"),
            events(run.policy().cpu(), vm),
            "the guest turns on event delivery that no descriptor table governs",
            "FRED and user interrupts are off"),
        decide(
            run,
            view,
            "features",
            List.of("O-79"),
            open(run.policy().cpu(), vm),
            "the proofs do not hold on a processor with the feature, and a host may have it",
            "every feature is pinned or switched off"));
  }

  private Finding decide(
      Verification run,
      View view,
      String subject,
      List<String> discharges,
      Optional<Statement> flaw,
      String attack,
      String holds) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation =
        new Obligation(
            id(), discharges, view.name(), subject, Optional.of(run.vm(view).controls().at()));
    return flaw.map(fact ->
            obligation.refuted(
                attack + " (" + fact + ")",
                Replay.statement(run.policy(), attack, fact),
                watch.by("enumeration")))
        .orElseGet(() -> obligation.proved(holds, watch.by("enumeration")));
  }

  private static Optional<Statement> lax(Vm vm, Control control) {
    return vm.controls().holds(control)
        ? Optional.empty()
        : Optional.of(new PlatformStatement.ControlLax(vm.name(), control));
  }

  /** Where K4 or K5 is lax that is refuted already, so either suffices here. */
  private static Optional<Statement> events(Cpu cpu, Vm vm) {
    Controls controls = vm.controls();
    boolean off = cpu.without(Cpu.Feature.FRED) && cpu.without(Cpu.Feature.UINTR);
    return off || controls.holds(Control.K4) || controls.holds(Control.K5)
        ? Optional.empty()
        : Optional.of(new PlatformStatement.ControlLax(vm.name(), Control.K4));
  }

  private static Optional<Statement> open(Cpu cpu, Vm vm) {
    for (Cpu.Feature feature : Cpu.Feature.values()) {
      Optional<Control> control = control(feature);
      boolean open = !cpu.with(feature) && !cpu.without(feature);
      if (open && control.isPresent() && !vm.controls().holds(control.get())) {
        return Optional.of(new PlatformStatement.FeatureOpen(vm.name(), feature, control.get()));
      }
    }
    return Optional.empty();
  }

  /**
   * The control that makes the feature's presence immaterial; none for a flaw of the processor,
   * which rule speculation takes to be there unless the policy says otherwise.
   */
  private static Optional<Control> control(Cpu.Feature feature) {
    return switch (feature) {
      case HLAT -> Optional.of(Control.K15);
      case MBEC -> Optional.of(Control.K13);
      case SPP -> Optional.of(Control.K14);
      case APX -> Optional.of(Control.K6);
      case LA57, FRED, UINTR, CET, LAM, PKU, PKS -> Optional.of(Control.K4);
      case MDS_AFFECTED -> Optional.empty();
    };
  }
}
