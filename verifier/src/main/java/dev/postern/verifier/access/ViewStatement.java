package dev.postern.verifier.access;

import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Hpa;
import dev.postern.model.Policy;
import dev.postern.model.View;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a policy says of views, their EPT pointers and the list VMFUNC chooses from. */
public sealed interface ViewStatement extends Statement {

  /** VMFUNC with EAX=0 and this ECX does something other than what the policy declares. */
  record Switch(String vm, int ecx) implements ViewStatement {
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
  record PointerInvalid(String view) implements ViewStatement {
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
  record RootShared(String view, String other) implements ViewStatement {
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

  /**
   * With EPT-violation #VE on, a fault at {@code mapping}, or where nothing is mapped, converts.
   */
  record Convertible(String view, String mapping) implements ViewStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<View> found = policy.view(view);
      if (mapping.isEmpty()) {
        return found
            .filter(v -> !v.suppressVeAbsent())
            .map(v -> "entries that map nothing have bit 63 clear");
      }
      return found.stream()
          .flatMap(v -> v.mappings().stream())
          .filter(m -> m.name().equals(mapping) && !m.leaf().suppressVe())
          .findFirst()
          .map(m -> "bit 63 is clear in the leaves of " + mapping);
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "convertible", "view", view, "mapping", mapping);
    }

    @Override
    public String toString() {
      return "suppress-#VE in view " + view;
    }
  }

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Statement> parse(Map<String, String> start) {
    String vm = start.getOrDefault("vm", "");
    String view = start.getOrDefault("view", "");
    return switch (start.getOrDefault("fact", "")) {
      case "vmfunc" -> index(start.getOrDefault("rcx", "")).map(ecx -> new Switch(vm, ecx));
      case "eptp" -> Optional.of(new PointerInvalid(view));
      case "root" -> Optional.of(new RootShared(view, start.getOrDefault("other", "")));
      case "convertible" -> Optional.of(new Convertible(view, start.getOrDefault("mapping", "")));
      default -> Optional.empty();
    };
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
