package dev.postern.verifier.access;

import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Doorbell;
import dev.postern.model.Frames;
import dev.postern.model.Leaf;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a policy says of a doorbell: the approval {@code bell} of {@code vm}. */
public sealed interface DoorbellStatement extends Statement {

  String vm();

  String bell();

  /** The doorbell is not one small page. */
  record Size(String vm, String bell) implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return approval(policy, vm, bell)
          .filter(approval -> approval.size() != PageSize.SMALL.bytes())
          .map(approval -> "it has 0x" + Long.toHexString(approval.size()) + " bytes");
    }

    @Override
    public Map<String, String> start() {
      return facts("size", Map.of());
    }

    @Override
    public String toString() {
      return name() + " is one page";
    }
  }

  /** Another approval holds a frame of the doorbell, and is no doorbell itself. */
  record Beside(String vm, String bell, String otherVm, String other) implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Vm.Approval> mine = approval(policy, vm, bell);
      return mine.flatMap(approval ->
          approval(policy, otherVm, other)
              .filter(it -> it.doorbell().isEmpty() && meet(policy, approval.frames(), it.frames()))
              .map(it -> otherVm + "." + other + " is on the same page"));
    }

    @Override
    public Map<String, String> start() {
      return facts("beside", Map.of("other-vm", otherVm, "other", other));
    }

    @Override
    public String toString() {
      return name() + " beside " + otherVm + "." + other;
    }
  }

  /** Whose reach of a frame a {@link Reached} is about. */
  enum By {
    VIEW,
    MACHINE,
    DEVICE
  }

  /**
   * Someone reaches the doorbell who is neither its owner nor a source that it is approved for.
   *
   * @param holder the view, virtual machine or IOMMU domain
   * @param through the mapping of a view; empty else
   */
  record Reached(String vm, String bell, By by, String holder, String through)
      implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return approval(policy, vm, bell)
          .filter(approval ->
              switch (by) {
                case VIEW -> view(policy, approval.frames());
                case MACHINE -> machine(policy, approval.frames());
                case DEVICE -> device(policy, approval.frames());
              })
          .map(
              approval -> holder + (through.isEmpty() ? "" : ", " + through + ",") + " reaches it");
    }

    private boolean view(Policy policy, Frames frames) {
      return policy.view(holder).stream()
          .flatMap(view -> view.mappings().stream())
          .filter(mapping -> mapping.name().equals(through))
          .anyMatch(mapping -> present(mapping.leaf()) && meet(policy, frames, mapping.frames()));
    }

    private boolean machine(Policy policy, Frames frames) {
      return policy.vm(holder).stream()
          .anyMatch(machine ->
              machine.aliases().stream()
                      .anyMatch(
                          alias -> present(alias.leaf()) && meet(policy, frames, alias.frames()))
                  || machine.memory().stream()
                      .anyMatch(slot ->
                          meet(
                              policy,
                              frames,
                              new Frames(
                                  new Frames.Owner.Memory(holder, slot.name()), 0, slot.size()))));
    }

    private boolean device(Policy policy, Frames frames) {
      return policy.dmaDomains().stream()
          .filter(domain -> domain.name().equals(holder))
          .flatMap(domain -> domain.frames().stream())
          .anyMatch(mapped -> meet(policy, frames, mapped));
    }

    @Override
    public Map<String, String> start() {
      return facts("reached", Map.of("by", by.name(), "holder", holder, "through", through));
    }

    @Override
    public String toString() {
      return name() + " and " + holder;
    }
  }

  /** No protected view of the source may write it. */
  record Silent(String vm, String bell) implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return approval(policy, vm, bell)
          .filter(approval ->
              policy.viewsOf(approval.source()).stream()
                  .filter(view -> !view.isDefault())
                  .map(View::mappings)
                  .flatMap(List::stream)
                  .noneMatch(mapping ->
                      mapping.leaf().write() && meet(policy, approval.frames(), mapping.frames())))
          .map(approval -> "no view of " + approval.source() + " can store to it");
    }

    @Override
    public Map<String, String> start() {
      return facts("silent", Map.of());
    }

    @Override
    public String toString() {
      return name() + " can be rung";
    }
  }

  /** {@code exit} is not as the way to wait needs it. */
  record Exits(String vm, String bell, Doorbell.Exit exit) implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return approval(policy, vm, bell)
          .flatMap(Vm.Approval::doorbell)
          .flatMap(doorbell -> {
            boolean on = doorbell.exits().contains(exit);
            boolean wrong =
                on ? doorbell.way().off().contains(exit) : doorbell.way().on().contains(exit);
            return wrong
                ? Optional.of(word(exit) + (on ? " exits are on" : " exits are off"))
                : Optional.empty();
          });
    }

    @Override
    public Map<String, String> start() {
      return facts("exits", Map.of("exit", exit.name()));
    }

    @Override
    public String toString() {
      return "exits of " + vm + " waiting for " + name();
    }
  }

  /** An interrupt is to be posted to {@code vm}, and the policy leaves no way to. */
  record NotPosted(String vm, String bell) implements DoorbellStatement {
    @Override
    public Optional<String> read(Policy policy) {
      if (approval(policy, vm, bell)
          .flatMap(Vm.Approval::doorbell)
          .filter(doorbell -> doorbell.way() == Doorbell.Wait.POSTED_INTERRUPT)
          .isEmpty()) {
        return Optional.empty();
      }
      if (policy.vm(vm).filter(m -> m.source() && m.controls().holds(Control.K11)).isPresent()) {
        return Optional.of("virtual-interrupt delivery of " + vm + " is off");
      }
      return policy.controlRegions().stream()
              .noneMatch(r -> r.kind() == ControlRegion.Kind.POSTED_INTERRUPT_DESCRIPTOR)
          ? Optional.of("no control region is a posted-interrupt descriptor")
          : Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return facts("not-posted", Map.of());
    }

    @Override
    public String toString() {
      return "the interrupt for " + name();
    }
  }

  /** The approval in the words of the policy. */
  default String name() {
    return vm() + "." + bell();
  }

  /** {@link #start} of the fact: what all have, and {@code more}. */
  default Map<String, String> facts(String which, Map<String, String> more) {
    Map<String, String> all = new HashMap<>(more);
    all.putAll(Map.of("fact", "doorbell-" + which, "vm", vm(), "doorbell", bell()));
    return all;
  }

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Statement> parse(Map<String, String> start) {
    String vm = start.getOrDefault("vm", "");
    String bell = start.getOrDefault("doorbell", "");
    String other = start.getOrDefault("other", "");
    String holder = start.getOrDefault("holder", "");
    return switch (start.getOrDefault("fact", "")) {
      case "doorbell-size" -> Optional.of(new Size(vm, bell));
      case "doorbell-beside" ->
          Optional.of(new Beside(vm, bell, start.getOrDefault("other-vm", ""), other));
      case "doorbell-reached" ->
          named(By.values(), start.getOrDefault("by", ""))
              .map(by -> new Reached(vm, bell, by, holder, start.getOrDefault("through", "")));
      case "doorbell-silent" -> Optional.of(new Silent(vm, bell));
      case "doorbell-exits" ->
          named(Doorbell.Exit.values(), start.getOrDefault("exit", ""))
              .map(exit -> new Exits(vm, bell, exit));
      case "doorbell-not-posted" -> Optional.of(new NotPosted(vm, bell));
      default -> Optional.empty();
    };
  }

  private static <E extends Enum<E>> Optional<E> named(E[] values, String name) {
    return Arrays.stream(values).filter(value -> value.name().equals(name)).findFirst();
  }

  private static Optional<Vm.Approval> approval(Policy policy, String vm, String bell) {
    return policy.vm(vm).stream()
        .flatMap(machine -> machine.approvals().stream())
        .filter(approval -> approval.name().equals(bell))
        .findFirst();
  }

  private static boolean meet(Policy policy, Frames a, Frames b) {
    return HostFrame.of(policy, a, 0).in(policy, b) || HostFrame.of(policy, b, 0).in(policy, a);
  }

  private static boolean present(Leaf leaf) {
    return leaf.read() || leaf.write() || leaf.execute() || leaf.userExecute();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
