package dev.postern.dsl.print;

import dev.postern.dsl.resolve.Words;
import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.DmaDomain;
import dev.postern.model.Doorbell;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Gate;
import dev.postern.model.LoopInvariant;
import dev.postern.model.Policy;
import dev.postern.model.Register;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import java.util.Collection;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Prints a policy canonically: {@code parse(print(p)) = p}, but for the places things were written
 * at. Includes, constants and code files are gone; every mapping has every attribute, and code
 * stands as bytes in the mapping that ships it.
 */
public final class PolicyPrinter {

  private final Formatter out = new Formatter(Locale.ROOT);

  private PolicyPrinter() {}

  public static String print(Policy policy) {
    PolicyPrinter printer = new PolicyPrinter();
    printer.policy(policy);
    return printer.out.toString();
  }

  private void policy(Policy policy) {
    out.format("policy %s version %d\n", policy.name(), policy.version());
    cpu(policy.cpu());
    policy.vms().forEach(this::vm);
    policy.dmaDomains().forEach(this::domain);
    policy.controlRegions().forEach(this::controlRegion);
    policy.views().forEach(this::view);
    slots(policy.slots());
    policy.gates().forEach(this::gate);
    policy.waivers().forEach(this::waiver);
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  private static String onOff(boolean on) {
    return on ? "on" : "off";
  }

  /** {@code text} as a string of the language. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(point -> {
          if (point == '"' || point == '\\') {
            quoted.append('\\').appendCodePoint(point);
          } else if (point < ' ' || point == 0x7f) {
            quoted.append("\\u{").append(Integer.toHexString(point)).append('}');
          } else {
            quoted.appendCodePoint(point);
          }
        });
    return quoted.append('"').toString();
  }

  // ---- cpu

  private void cpu(Cpu cpu) {
    out.format("cpu {\n");
    out.format("    physical-address-width %d\n", cpu.physicalAddressWidth());
    List<String> ept = new java.util.ArrayList<>();
    if (cpu.executeOnly()) {
      ept.add("execute-only");
    }
    if (!cpu.pageSizes().isEmpty()) {
      ept.add("pages " + cpu.pageSizes().stream().map(Words::of).collect(Collectors.joining(" ")));
    }
    if (cpu.fiveLevel()) {
      ept.add("five-level");
    }
    if (cpu.accessedDirty()) {
      ept.add("accessed-dirty");
    }
    if (cpu.shadowStack()) {
      ept.add("shadow-stack");
    }
    if (!ept.isEmpty()) {
      out.format("    ept %s\n", String.join(", ", ept));
    }
    features("features", cpu.features(), true);
    features("without", cpu.features(), false);
    out.format("    l1tf %s\n", Words.of(cpu.l1tf()));
    out.format("}\n");
  }

  private void features(String word, Map<Cpu.Feature, Boolean> features, boolean present) {
    String list =
        features.entrySet().stream()
            .filter(entry -> entry.getValue() == present)
            .map(entry -> Words.of(entry.getKey()))
            .collect(Collectors.joining(" "));
    if (!list.isEmpty()) {
      out.format("    %s %s\n", word, list);
    }
  }

  // ---- virtual machines

  private void vm(Vm vm) {
    out.format(
        "vm %s%s%s {\n",
        vm.name(), vm.source() ? " source" : "", vm.destination() ? " destination" : "");
    out.format("    vcpus %d\n", vm.vcpus());
    for (Vm.Memory memory : vm.memory()) {
      out.format(
          "    memory %s %s size %s pages %s%s%s%s\n",
          memory.name(),
          memory.gpa(),
          hex(memory.size()),
          Words.of(memory.pageSize()),
          memory.host().map(host -> " host " + hex(host.value())).orElse(""),
          memory.kind() == Vm.Kind.SPECIAL ? " special" : "",
          memory.dirtyLogged() ? " dirty-logged" : "");
    }
    String kinds =
        vm.lock().kinds().isEmpty()
            ? "none"
            : vm.lock().kinds().stream().map(Words::of).collect(Collectors.joining(" "));
    out.format(
        "    lock %s%s\n",
        kinds,
        vm.lock()
            .range()
            .map(r -> " range " + hex(r.start().value()) + " size " + hex(r.size()))
            .orElse(""));
    controls(vm.controls());
    vm.approvals().forEach(this::approval);
    for (Vm.Alias alias : vm.aliases()) {
      out.format(
          "    alias %s at %s size %s %s\n",
          FramesText.of(alias.frames()),
          alias.gpa(),
          hex(alias.frames().size()),
          LeafText.of(alias.leaf()));
    }
    out.format("}\n");
  }

  private void controls(Controls controls) {
    out.format("    controls {\n");
    for (Control control : Control.values()) {
      if (control == Control.K9) {
        out.format("        intercept %s\n", intercepted(controls));
      } else {
        out.format(
            "        %s %s\n",
            control.word(), controls.holds(control) ? control.strict() : control.lax());
      }
    }
    out.format("    }\n");
  }

  private static String intercepted(Controls controls) {
    if (controls.intercepted().isEmpty() || !controls.holds(Control.K9)) {
      return "nothing";
    }
    return controls.intercepted().stream()
        .map(vector ->
            Words.EXCEPTIONS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(vector))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(Integer.toString(vector)))
        .collect(Collectors.joining(" "));
  }

  private void approval(Vm.Approval approval) {
    out.format(
        "    approve for %s { %s at %s size %s %s pages %s%s%s }\n",
        approval.source(),
        approval.name(),
        approval.gpa(),
        hex(approval.size()),
        approval.write() ? "rw" : "r",
        Words.of(approval.pageSize()),
        approval.sharedWith().isEmpty()
            ? ""
            : " shared with " + String.join(", ", approval.sharedWith()),
        approval.doorbell().map(PolicyPrinter::doorbell).orElse(""));
  }

  private static String doorbell(Doorbell bell) {
    String exits =
        bell.exits().isEmpty()
            ? "none"
            : bell.exits().stream().map(Words::of).collect(Collectors.joining(", "));
    return " doorbell " + Words.of(bell.way()) + " exits " + exits;
  }

  // ---- devices and control structures

  private void domain(DmaDomain domain) {
    out.format(
        "iommu domain %s maps %s\n",
        domain.name(),
        domain.frames().isEmpty()
            ? "nothing"
            : domain.frames().stream().map(FramesText::sized).collect(Collectors.joining(", ")));
  }

  private void controlRegion(ControlRegion region) {
    out.format(
        "control-region %s frames %s size %s\n",
        Words.of(region.kind()), FramesText.of(region.frames()), hex(region.frames().size()));
  }

  // ---- views

  private void view(View view) {
    out.format("view %s of %s index %d exactly {\n", view.name(), view.vm(), view.index());
    out.format(
        "    eptp { %s%s }\n",
        eptp(view.eptp()), view.root().map(root -> " root host " + hex(root.value())).orElse(""));
    out.format("    suppress-ve-absent %s\n", onOff(view.suppressVeAbsent()));
    view.mediationNotClaimed()
        .ifPresent(reason -> out.format("    mediation not claimed because %s\n", quoted(reason)));
    view.mappings().forEach(mapping -> out.format("%s", MappingText.of(mapping)));
    out.format("}\n");
  }

  private static String eptp(Eptp eptp) {
    return "memory-type %s walk-length %d accessed-dirty %s shadow-stack %s"
        .formatted(
            Words.of(eptp.memoryType()),
            eptp.walkLength(),
            onOff(eptp.accessedDirty()),
            onOff(eptp.shadowStack()));
  }

  private void slots(List<EptpSlot> slots) {
    for (EptpSlot slot : slots) {
      out.format(
          "eptp-list of %s { slot %d %s }\n",
          slot.vm(),
          slot.index(),
          switch (slot.value()) {
            case EptpSlot.Value.Raw raw -> "raw " + hex(raw.bits());
            case EptpSlot.Value.RootOf root -> "root " + root.view() + " " + eptp(root.eptp());
          });
    }
  }

  // ---- gates and waivers

  private void gate(Gate gate) {
    out.format("gate %s from %s to %s {\n", gate.name(), gate.from(), gate.to());
    out.format(
        "    enter %s lands %s calls %s\n",
        hex(gate.enter().value()), hex(gate.entered().value()), hex(gate.calls().value()));
    out.format(
        "    leave %s lands %s%s\n",
        hex(gate.leave().value()),
        hex(gate.left().value()),
        gate.returnsThrough().map(register -> " returns through " + register).orElse(""));
    registers("arguments", gate.arguments());
    registers("results", gate.results());
    registers("preserves", gate.preserves());
    out.format("    privilege-level %d\n", gate.privilegeLevel());
    out.format("    at most %d instructions\n", gate.maxInstructions());
    for (LoopInvariant invariant : gate.invariants()) {
      out.format(
          "    invariant at %s { %s }\n",
          hex(invariant.head().value()),
          invariant.holds().stream().map(Object::toString).collect(Collectors.joining("; ")));
    }
    out.format("}\n");
  }

  private void registers(String word, Set<Register> registers) {
    if (!registers.isEmpty()) {
      out.format("    %s %s\n", word, joined(registers));
    }
  }

  private static String joined(Collection<?> values) {
    return values.stream().map(Object::toString).collect(Collectors.joining(" "));
  }

  private void waiver(Waiver waiver) {
    out.format("waive %s because %s\n", waiver.rule(), quoted(waiver.reason()));
  }
}
