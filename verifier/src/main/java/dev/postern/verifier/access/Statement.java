package dev.postern.verifier.access;

import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A fact a policy states, looked up again in its words. */
public sealed interface Statement
    permits Statement.ControlLax,
        Statement.Switch,
        Statement.PointerInvalid,
        Statement.RootShared,
        Statement.GrantsOverlap,
        Statement.ApprovalForeign,
        LockFact {

  /** What makes it true of the policy; empty where the policy does not say so. */
  Optional<String> read(Policy policy);

  /** How a counterexample's {@code start} writes it down. */
  Map<String, String> start();

  /** {@code vm} is on the lax setting of {@code control}. */
  record ControlLax(String vm, Control control) implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      return policy
          .vm(vm)
          .filter(machine -> !machine.controls().holds(control))
          .map(machine -> "not held: " + control.text());
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "control", "vm", vm, "control", control.name());
    }

    @Override
    public String toString() {
      return control.word().isEmpty() || control.lax().isEmpty()
          ? control.name() + " of " + vm
          : control.word() + " " + control.lax();
    }
  }

  /** VMFUNC with EAX=0 and this ECX does something other than what the policy declares. */
  record Switch(String vm, int ecx) implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      List<View> declared =
          policy.views().stream()
              .filter(view -> view.vm().equals(vm) && view.index() == ecx)
              .toList();
      Optional<EptpSlot> raw =
          policy.slots().stream()
              .filter(slot -> slot.vm().equals(vm) && slot.index() == ecx)
              .findFirst();
      if (declared.size() > 1) {
        return Optional.of(
            "slot is claimed by " + declared.get(0).name() + " and " + declared.get(1).name());
      }
      if (declared.isEmpty()) {
        return ecx == 0 && raw.isEmpty()
            ? Optional.of("no view stands in slot 0")
            : raw.flatMap(slot -> undeclared(policy, slot.value()));
      }
      return raw.flatMap(slot -> different(policy, declared.get(0), slot.value()));
    }

    private static Optional<String> undeclared(Policy policy, EptpSlot.Value value) {
      return switch (value) {
        case EptpSlot.Value.Raw(long bits) ->
            valid(policy.cpu(), bits)
                ? Optional.of("switches to the EPTP 0x" + Long.toHexString(bits))
                : Optional.empty();
        case EptpSlot.Value.RootOf(String view, Eptp eptp) ->
            valid(policy.cpu(), eptp.bits())
                ? Optional.of("switches to the root of " + view + " under an EPTP nobody declared")
                : Optional.empty();
      };
    }

    private static Optional<String> different(Policy policy, View view, EptpSlot.Value value) {
      boolean same =
          switch (value) {
            case EptpSlot.Value.Raw(long bits) ->
                view.root().filter(root -> (root.value() | view.eptp().bits()) == bits).isPresent();
            case EptpSlot.Value.RootOf(String other, Eptp eptp) ->
                other.equals(view.name()) && eptp.equals(view.eptp());
          };
      return same
          ? Optional.empty()
          : Optional.of("the slot does not hold the EPTP of view " + view.name());
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact", "vmfunc", "vm", vm, "rax", "0x0", "rcx", "0x" + Integer.toHexString(ecx));
    }

    @Override
    public String toString() {
      return "vmfunc with eax=0, ecx=0x" + Integer.toHexString(ecx) + " in " + vm;
    }
  }

  /** The EPT pointer of {@code view} fails VMFUNC's check, so the view cannot be entered. */
  record PointerInvalid(String view) implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      return policy
          .view(view)
          .map(v -> v.eptp().bits() | v.root().map(Hpa::value).orElse(0L))
          .filter(bits -> !valid(policy.cpu(), bits))
          .map(bits -> "EPTP 0x" + Long.toHexString(bits) + " is invalid");
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "eptp", "view", view);
    }

    @Override
    public String toString() {
      return "the ept pointer of view " + view;
    }
  }

  /** Two views have one root paging structure. */
  record RootShared(String view, String other) implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Hpa> root = policy.view(view).flatMap(View::root).map(Hpa::page);
      return root.equals(policy.view(other).flatMap(View::root).map(Hpa::page))
          ? root.map(at -> "both roots are at host " + at)
          : Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "root", "view", view, "other", other);
    }

    @Override
    public String toString() {
      return "the roots of views " + view + " and " + other;
    }
  }

  /** Approvals {@code first} and {@code second} of {@code vm} let two sources write one frame. */
  record GrantsOverlap(String vm, String first, String otherVm, String second)
      implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Vm.Approval> a = approval(policy, vm, first);
      Optional<Vm.Approval> b = approval(policy, otherVm, second);
      if (a.isEmpty() || b.isEmpty()) {
        return Optional.empty();
      }
      Frames mine = a.get().frames();
      HostFrame theirs = HostFrame.of(policy, b.get().frames(), 0);
      HostFrame own = HostFrame.of(policy, mine, 0);
      boolean shared =
          a.get().sharedWith().contains(b.get().source())
              && b.get().sharedWith().contains(a.get().source());
      boolean meet = theirs.in(policy, mine) || own.in(policy, b.get().frames());
      return a.get().write()
              && b.get().write()
              && meet
              && !shared
              && !a.get().source().equals(b.get().source())
          ? Optional.of(
              "both "
                  + a.get().source()
                  + " and "
                  + b.get().source()
                  + " may write frame "
                  + (theirs.in(policy, mine) ? theirs : own))
          : Optional.empty();
    }

    private static Optional<Vm.Approval> approval(Policy policy, String vm, String name) {
      return policy.vm(vm).stream()
          .flatMap(machine -> machine.approvals().stream())
          .filter(approval -> approval.name().equals(name))
          .findFirst();
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact", "grants", "vm", vm, "approval", first, "other-vm", otherVm, "other", second);
    }

    @Override
    public String toString() {
      return "approvals " + vm + "." + first + " and " + otherVm + "." + second;
    }
  }

  /** An approval of {@code vm} speaks of a frame that is not the machine's own. */
  record ApprovalForeign(String vm, String approval) implements Statement {
    @Override
    public Optional<String> read(Policy policy) {
      for (Vm machine : policy.vms()) {
        for (Vm.Approval grant : machine.approvals()) {
          if (machine.name().equals(vm) && grant.name().equals(approval)) {
            return foreign(policy, machine, grant.frames());
          }
        }
      }
      return Optional.empty();
    }

    private static Optional<String> foreign(Policy policy, Vm machine, Frames frames) {
      for (long into = 0; into < frames.size(); into += 4096) {
        HostFrame frame = HostFrame.of(policy, frames, into);
        if (machine.memory().stream()
            .noneMatch(slot ->
                frame.in(
                    policy,
                    new Frames(
                        new Frames.Owner.Memory(machine.name(), slot.name()), 0, slot.size())))) {
          return Optional.of("frame " + frame + " is not memory of " + machine.name());
        }
      }
      return Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "approval", "vm", vm, "approval", approval);
    }

    @Override
    public String toString() {
      return "approval " + vm + "." + approval;
    }
  }

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Statement> parse(Map<String, String> start) {
    Map<String, String> at = new TreeMap<>(start);
    String vm = at.getOrDefault("vm", "");
    String view = at.getOrDefault("view", "");
    String other = at.getOrDefault("other", "");
    return switch (at.getOrDefault("fact", "")) {
      case "control" -> control(at.getOrDefault("control", "")).map(k -> new ControlLax(vm, k));
      case "vmfunc" -> index(at.getOrDefault("rcx", "")).map(ecx -> new Switch(vm, ecx));
      case "eptp" -> Optional.of(new PointerInvalid(view));
      case "root" -> Optional.of(new RootShared(view, other));
      case "approval" -> Optional.of(new ApprovalForeign(vm, at.getOrDefault("approval", "")));
      case "grants" ->
          Optional.of(
              new GrantsOverlap(
                  vm, at.getOrDefault("approval", ""), at.getOrDefault("other-vm", ""), other));
      default -> LockFact.parse(at);
    };
  }

  private static Optional<Control> control(String name) {
    return List.of(Control.values()).stream().filter(k -> k.name().equals(name)).findFirst();
  }

  private static Optional<Integer> index(String hex) {
    try {
      return hex.startsWith("0x")
          ? Optional.of(Integer.parseInt(hex.substring(2), 16))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The VM-entry check of an EPT pointer, field by field (SDM vol. 3 §26.2.1.1). */
  private static boolean valid(Cpu cpu, long eptp) {
    boolean type =
        switch ((int) (eptp & 7)) {
          case 0, 6 -> true;
          default -> false;
        };
    boolean levels =
        switch ((int) (eptp >>> 3 & 7)) {
          case 3 -> true;
          case 4 -> cpu.fiveLevel();
          default -> false;
        };
    boolean flags = (eptp >>> 6 & 1) == 0 || cpu.accessedDirty();
    boolean shadow = (eptp >>> 7 & 1) == 0 || cpu.shadowStack();
    boolean rest = (eptp >>> 8 & 15) == 0 && eptp >>> cpu.physicalAddressWidth() == 0;
    return type && levels && flags && shadow && rest;
  }
}
