package dev.postern.verifier.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Corpus;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A policy that denies a control is refuted, or there is a reason why the control is not needed.
 */
class DeniedControlsTest {

  private static final Map<Control, String> NOT_NEEDED =
      Map.of(
          Control.K2, "without VPID, VMFUNC invalidates translations: fewer attacks",
          Control.K6, "the processor is said to have no APX, and protected code is integer code",
          Control.K7, "under HLAT every page demands verified paging, whatever CR3 holds",
          Control.K8, "every exception is intercepted and every interrupt exits",
          Control.K10, "no descriptor table can lie in a view closed by guest-paging verification",
          Control.K11, "no descriptor table can lie in a view closed by guest-paging verification",
          Control.K12, "every entry suppresses #VE",
          Control.K13, "no mapping is executable by bit 10 alone",
          Control.K14, "no leaf sets bit 61",
          Control.K17, "debug exceptions are intercepted");

  @ParameterizedTest
  @EnumSource(Control.class)
  void isRefutedOrNotNeeded(Control control) {
    Verdict outcome = Verifier.verify(without(control), Options.DEFAULT).outcome();
    assertThat(outcome)
        .as(NOT_NEEDED.getOrDefault(control, "needed"))
        .isEqualTo(NOT_NEEDED.containsKey(control) ? Verdict.PROVED : Verdict.REFUTED);
  }

  private static Policy without(Control control) {
    Policy p = Corpus.good();
    List<Vm> vms = p.vms().stream().map(vm -> vm.source() ? without(control, vm) : vm).toList();
    return new Policy(
        p.at(),
        p.name(),
        p.version(),
        p.cpu(),
        vms,
        p.dmaDomains(),
        p.controlRegions(),
        p.views(),
        p.slots(),
        p.gates(),
        p.waivers());
  }

  private static Vm without(Control control, Vm vm) {
    Set<Control> held = EnumSet.copyOf(vm.controls().held());
    held.remove(control);
    return new Vm(
        vm.at(),
        vm.name(),
        vm.source(),
        vm.destination(),
        vm.vcpus(),
        vm.memory(),
        vm.lock(),
        new Controls(vm.controls().at(), held, vm.controls().intercepted()),
        vm.approvals(),
        vm.aliases());
  }
}
