package dev.postern.verifier;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Doorbell;
import dev.postern.model.Lock;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import dev.postern.model.report.Report.Assumption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the host must hold for a report to mean anything; the loader attests each by its id. */
final class Assumptions {

  /**
   * Obligations on the hypervisor and the loader that no policy can show (kind ASM of the model).
   */
  private static final List<Assumption> HOST =
      List.of(
          new Assumption(
              "frames-distinct",
              "memory regions, loader allocations and fixed host ranges with different names are"
                  + " different frames"),
          new Assumption(
              "O-17",
              "no software path sets the active view but the loader and reset; the instruction"
                  + " emulator does not handle VMFUNC"),
          new Assumption(
              "O-23",
              "translations are invalidated on every processor (INVVPID and INVEPT, all contexts)"
                  + " before a view first appears in the EPTP list and after locked paging"
                  + " structures change"),
          new Assumption(
              "O-24",
              "memory of virtual machines without views is mapped write-back with IPAT set"),
          new Assumption("O-25", "an EPT misconfiguration in a protected view is fatal"),
          new Assumption(
              "O-26",
              "leaves under protected roots are never collapsed or split, and large ones stand on"
                  + " contiguous frames"),
          new Assumption(
              "O-27", "paging-structure frames of a protected view belong to no other hierarchy"),
          new Assumption(
              "O-32",
              "code runs from copies in frames the hypervisor owns, unmovable and outside all"
                  + " memory slots"),
          new Assumption(
              "O-33",
              "writes by the hypervisor and its device backends fail on a view's pages and on pinned"
                  + " paging structures"),
          new Assumption(
              "O-36",
              "a frame is freed only after it left all views and every processor that ran them"
                  + " executed INVEPT"),
          new Assumption(
              "O-40",
              "code is copied, its aliases are unmapped, translations flushed, the copy hashed, and"
                  + " only then mapped"),
          new Assumption(
              "O-48",
              "an exit from a protected view that is not allowed there is completed in the default"
                  + " view, state scrubbed"),
          new Assumption(
              "O-50", "protected code is resumed only with the state the hypervisor saved"),
          new Assumption("O-51", "registers are scrubbed before the default view resumes"),
          new Assumption("O-70", "the active view is read from the VMCS first on every exit"),
          new Assumption("O-71", "an EPT violation in a protected view adds or relaxes no leaf"),
          new Assumption("O-72", "no exit from a protected view is emulated"),
          new Assumption(
              "O-73", "user space sees and sets processor state in the default view only"),
          new Assumption("O-75", "a flush covers all roots of the virtual machine"),
          new Assumption("O-76", "exit 59 and floods of violations change no state"));

  private Assumptions() {}

  static List<Assumption> of(Policy policy) {
    List<Vm> sources = policy.vms().stream().filter(Vm::source).toList();
    List<Assumption> assumptions = new ArrayList<>();
    for (Control control : Control.values()) {
      List<Vm> holding = sources.stream().filter(vm -> vm.controls().holds(control)).toList();
      if (!holding.isEmpty()) {
        assumptions.add(
            new Assumption(control.name(), text(control, holding, holding.equals(sources))));
      }
    }
    for (Vm vm : sources) {
      if (vm.lock().has(Lock.Kind.TRUSTED_PT)) {
        assumptions.add(
            new Assumption(
                "trusted-pt",
                "the guest kernel of " + vm.name() + " and its page tables are trusted"));
      }
      if (vm.lock().has(Lock.Kind.PINNED_PT)) {
        assumptions.add(
            new Assumption(
                "pinned-pt",
                "every CR3 of "
                    + vm.name()
                    + " leads through write-protected paging structures to the policy's"
                    + " guest-physical addresses"));
      }
      if (vm.lock().has(Lock.Kind.SCAN)) {
        assumptions.add(
            new Assumption(
                "scan",
                "no executable page of the default view of "
                    + vm.name()
                    + " is written, and each was scanned for VMFUNC"));
      }
    }
    for (Vm vm : policy.vms()) {
      for (Vm.Approval approval : vm.approvals()) {
        approval
            .doorbell()
            .ifPresent(bell ->
                assumptions.add(
                    new Assumption(
                        "doorbell " + vm.name() + "." + approval.name(), waiting(vm, bell))));
      }
    }
    assumptions.addAll(HOST);
    return assumptions;
  }

  private static String waiting(Vm vm, Doorbell bell) {
    List<String> off =
        Stream.of(Doorbell.Exit.values())
            .filter(exit -> !bell.exits().contains(exit))
            .map(Assumptions::word)
            .toList();
    List<String> on = bell.exits().stream().map(Assumptions::word).toList();
    return vm.name()
        + " waits by "
        + word(bell.way())
        + ", on a processor that has it, with exits for "
        + (on.isEmpty() ? "nothing" : String.join(", ", on))
        + (off.isEmpty() ? "" : " and without those for " + String.join(", ", off));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String text(Control control, List<Vm> holding, boolean everywhere) {
    if (control == Control.K9) {
      return control.text()
          + ": "
          + holding.stream()
              .map(vm -> vm.name() + " " + vectors(vm.controls()))
              .collect(Collectors.joining("; "));
    }
    return everywhere
        ? control.text()
        : control.text() + ": " + holding.stream().map(Vm::name).collect(Collectors.joining(", "));
  }

  private static String vectors(Controls controls) {
    return controls.intercepted().stream().map(String::valueOf).collect(Collectors.joining(" "));
  }
}
