package dev.postern.verifier.access;

import dev.postern.model.Frames;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import java.util.Map;
import java.util.Optional;

/** What a policy says of the approved set. */
public sealed interface GrantStatement extends Statement {

  /** Approvals {@code first} and {@code second} of {@code vm} let two sources write one frame. */
  record GrantsOverlap(String vm, String first, String otherVm, String second)
      implements GrantStatement {
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
  record ApprovalForeign(String vm, String approval) implements GrantStatement {
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
    String vm = start.getOrDefault("vm", "");
    String approval = start.getOrDefault("approval", "");
    return switch (start.getOrDefault("fact", "")) {
      case "approval" -> Optional.of(new ApprovalForeign(vm, approval));
      case "grants" ->
          Optional.of(
              new GrantsOverlap(
                  vm,
                  approval,
                  start.getOrDefault("other-vm", ""),
                  start.getOrDefault("other", "")));
      default -> Optional.empty();
    };
  }
}
