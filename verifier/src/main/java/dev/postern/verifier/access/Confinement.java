package dev.postern.verifier.access;

import dev.postern.model.Control;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.access.EptView.Walk;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Theorem C on one access: is it possible, and if so, what does it break? Lists everything that it
 * breaks, by brute force over the policy.
 */
public final class Confinement {

  /**
   * What the machine did.
   *
   * @param effect what the translation ends in, in words
   * @param broken what the theorem forbids of it; empty for an access that is fine or impossible
   */
  public record Outcome(String effect, List<String> broken) {
    public Outcome {
      broken = List.copyOf(broken);
    }
  }

  private final Policy policy;

  public Confinement(Policy policy) {
    this.policy = policy;
  }

  public Outcome of(Access access) {
    return switch (access) {
      case Access.InView inView -> inView(inView);
      case Access.InMachine inMachine -> inMachine(inMachine);
      case Access.ByHost byHost -> byHost(byHost);
      case Access.ByDevice byDevice -> byDevice(byDevice);
    };
  }

  private Outcome inView(Access.InView access) {
    Optional<View> found =
        policy.views().stream()
            .filter(v -> v.vm().equals(access.vm()) && v.index() == access.view())
            .findFirst();
    if (found.isEmpty()) {
      return new Outcome("no such view", List.of());
    }
    View view = found.get();
    return switch (new EptView(policy, view).walk(access.gpa())) {
      case Walk.Absent() -> new Outcome("EPT violation: nothing is mapped", List.of());
      case Walk.Misconfigured(String why, Mapping mapping) ->
          new Outcome(
              "EPT misconfiguration in " + mapping.name(),
              List.of("the entry of " + mapping.name() + " is " + why));
      case Walk.Page page -> page(view, page, access);
    };
  }

  private Outcome page(View view, Walk.Page page, Access.InView access) {
    Mapping mapping = page.mapping();
    List<String> broken = new ArrayList<>(encoding(view, mapping, access.gpa()));
    if (!page.allows(access.kind())) {
      return new Outcome(
          "EPT violation: " + mapping.name() + " is " + mapping.leaf().permissions(), broken);
    }
    broken.addAll(reached(page.frame(), access.kind(), Optional.of(view), Optional.of(mapping)));
    if (view.isDefault()) {
      broken.addAll(inDefaultView(view, page, access.kind()));
    } else {
      broken.addAll(inProtectedView(view, page, access));
    }
    broken.addAll(memoryType(page.frame(), mapping.leaf()));
    return new Outcome(
        mapping.name() + " allows " + mapping.leaf().permissions() + ", frame " + page.frame(),
        broken);
  }

  /** What is wrong with the entry whatever is accessed. */
  private List<String> encoding(View view, Mapping mapping, Gpa gpa) {
    List<String> broken = new ArrayList<>();
    int width = Math.min(policy.cpu().physicalAddressWidth(), 12 + 9 * view.eptp().walkLength());
    if (gpa.value() >>> width != 0) {
      broken.add("the address has more than " + width + " bits");
    }
    Leaf leaf = mapping.leaf();
    boolean code = mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE;
    if (code && (leaf.subPageWrite() || leaf.pagingWrite() || leaf.supervisorShadowStack())) {
      broken.add("a bit of the entry lets code be written although W=0");
    }
    return broken;
  }

  /** The default view, too, shows other machines' memory only as approved. */
  private List<String> inDefaultView(View view, Walk.Page page, Access.Kind kind) {
    boolean foreign =
        policy.vms().stream()
            .filter(vm -> !vm.name().equals(view.vm()))
            .flatMap(vm -> vm.memory().stream().map(m -> slotFrames(vm, m)))
            .anyMatch(frames -> page.frame().in(policy, frames));
    return foreign ? window(view, page, kind) : List.of();
  }

  private List<String> inProtectedView(View view, Walk.Page page, Access.InView access) {
    Mapping mapping = page.mapping();
    List<String> broken = new ArrayList<>();
    boolean code = mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE;
    if (access.kind() == Access.Kind.X && !code) {
      broken.add("instructions are fetched from " + mapping.name() + ", which is not code");
    }
    if (access.kind() == Access.Kind.X && mapping.pageSize() != PageSize.SMALL) {
      broken.add("instructions are fetched through a large page");
    }
    if (access.kind() == Access.Kind.X && code) {
      broken.addAll(privilege(view, mapping.leaf()));
    }
    switch (mapping.role()) {
      case RAM, SOURCE_WINDOW, DESTINATION_WINDOW ->
          broken.addAll(window(view, page, access.kind()));
      case TRAMPOLINE, CODE, CONSTANT, PRIVATE, PAGING -> {}
    }
    if (access.kind() == Access.Kind.W && slots(page.frame()).anyMatch(Vm.Memory::dirtyLogged)) {
      broken.add("the write escapes dirty logging of the frame's owner");
    }
    if (mapping.role() == Role.PRIVATE
        && vcpus(view) > 1
        && !(mapping.perVcpu() && mapping.frames().owner() instanceof Frames.Owner.Loader)) {
      broken.add("every vCPU reaches the same private frame");
    }
    Optional<HostFrame> slot = behindSlot(view.vm(), access.gpa());
    if (slot.isPresent() && !slot.get().equals(page.frame())) {
      broken.add("the host takes the address for " + slot.get());
    }
    return broken;
  }

  /** Under mode-based execute control, code runs at the privilege level of a gate and no other. */
  private List<String> privilege(View view, Leaf leaf) {
    List<Integer> levels =
        policy.gates().stream()
            .filter(gate -> gate.to().equals(view.name()))
            .map(gate -> gate.privilegeLevel())
            .toList();
    boolean split = policy.vm(view.vm()).filter(vm -> vm.controls().holds(Control.K13)).isPresent();
    List<String> broken = new ArrayList<>();
    if (!levels.isEmpty() && leaf.userExecute() && !levels.contains(3)) {
      broken.add("user mode executes it");
    }
    if (!levels.isEmpty() && leaf.execute() && split && !levels.contains(0)) {
      broken.add("supervisor mode executes it");
    }
    return broken;
  }

  /** Windows show the source's own memory, or what is approved for it, and ordinary memory only. */
  private List<String> window(View view, Walk.Page page, Access.Kind kind) {
    HostFrame frame = page.frame();
    List<String> broken = new ArrayList<>();
    if (slots(frame).anyMatch(slot -> slot.kind() == Vm.Kind.SPECIAL)) {
      broken.add("frame " + frame + " is not ordinary memory");
    }
    boolean own =
        policy.vm(view.vm()).stream()
            .flatMap(vm -> vm.memory().stream().map(m -> slotFrames(vm, m)))
            .anyMatch(frames -> frame.in(policy, frames));
    boolean approved =
        policy.vms().stream()
            .flatMap(vm -> vm.approvals().stream())
            .filter(a -> a.source().equals(view.vm()) && frame.in(policy, a.frames()))
            .anyMatch(a -> a.write() || kind != Access.Kind.W);
    if (!approved && !own) {
      broken.add("frame " + frame + " is not approved for " + kind.word());
    }
    return broken;
  }

  private Outcome inMachine(Access.InMachine access) {
    Optional<Vm> machine = policy.vm(access.vm());
    if (machine.isEmpty()) {
      return new Outcome("no such machine", List.of());
    }
    for (Vm.Alias alias : machine.get().aliases()) {
      long into = access.gpa().value() - alias.gpa().value();
      if (Long.compareUnsigned(into, alias.frames().size()) < 0) {
        HostFrame frame = HostFrame.of(policy, alias.frames(), into);
        boolean allowed =
            switch (access.kind()) {
              case R -> alias.leaf().read();
              case W -> alias.leaf().read() && EptView.written(Role.RAM, alias.leaf());
              case X -> alias.leaf().execute() || alias.leaf().userExecute();
            };
        List<String> broken = new ArrayList<>();
        if (allowed) {
          broken.addAll(reached(frame, access.kind(), Optional.empty(), Optional.empty()));
          broken.addAll(memoryType(frame, alias.leaf()));
        }
        if (alias.leaf().write() && !alias.leaf().read()) {
          broken.add("the entry is writable and not readable");
        }
        return new Outcome(
            "the alias allows " + alias.leaf().permissions() + ", frame " + frame, broken);
      }
    }
    return behindSlot(access.vm(), access.gpa())
        .map(frame ->
            new Outcome(
                "memory slot, frame " + frame,
                reached(frame, access.kind(), Optional.empty(), Optional.empty())))
        .orElse(new Outcome("nothing is mapped", List.of()));
  }

  private Outcome byHost(Access.ByHost access) {
    return behindSlot(access.vm(), access.gpa())
        .map(frame ->
            new Outcome(
                "the host writes frame " + frame,
                reached(frame, Access.Kind.W, Optional.empty(), Optional.empty())))
        .orElse(new Outcome("no memory slot", List.of()));
  }

  private Outcome byDevice(Access.ByDevice access) {
    boolean mapped =
        policy.dmaDomains().stream()
            .filter(domain -> domain.name().equals(access.domain()))
            .flatMap(domain -> domain.frames().stream())
            .anyMatch(frames -> access.frame().in(policy, frames));
    return mapped
        ? new Outcome(
            "the device writes frame " + access.frame(),
            reached(access.frame(), Access.Kind.W, Optional.empty(), Optional.empty()))
        : new Outcome("the IOMMU blocks the write", List.of());
  }

  /** What reaching a frame breaks, whoever does it. */
  private List<String> reached(
      HostFrame frame, Access.Kind kind, Optional<View> by, Optional<Mapping> through) {
    List<String> broken = new ArrayList<>();
    policy.controlRegions().stream()
        .filter(region -> frame.in(policy, region.frames()))
        .findFirst()
        .ifPresent(region -> broken.add("frame " + frame + " is a control structure"));
    if (policy.views().stream()
        .flatMap(v -> v.root().stream())
        .anyMatch(root -> frame.equals(new HostFrame("host", root.page().value())))) {
      broken.add("frame " + frame + " is the root of a view's EPT");
    }
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        if (!frame.in(policy, mapping.frames())) {
          continue;
        }
        switch (mapping.role()) {
          case TRAMPOLINE, CODE, CONSTANT, PAGING -> {
            if (kind == Access.Kind.W) {
              broken.add("bytes of " + view.name() + "." + mapping.name() + " change");
            }
          }
          case PRIVATE -> {
            if (!(by.filter(view::equals).isPresent()
                && through.filter(mapping::equals).isPresent())) {
              broken.add("private state " + view.name() + "." + mapping.name() + " is reached");
            }
          }
          case RAM, SOURCE_WINDOW, DESTINATION_WINDOW -> {}
        }
      }
    }
    return broken;
  }

  private List<String> memoryType(HostFrame frame, Leaf leaf) {
    List<String> broken = new ArrayList<>();
    Stream<Leaf> others =
        Stream.concat(
            policy.views().stream()
                .flatMap(v -> v.mappings().stream())
                .filter(m -> frame.in(policy, m.frames()))
                .map(Mapping::leaf),
            policy.vms().stream()
                .flatMap(vm -> vm.aliases().stream())
                .filter(a -> frame.in(policy, a.frames()))
                .map(Vm.Alias::leaf));
    if (others.anyMatch(
        other ->
            (other.read() || other.execute())
                && (other.memoryType() != leaf.memoryType()
                    || other.ignorePat() != leaf.ignorePat()))) {
      broken.add("frame " + frame + " has another memory type elsewhere");
    }
    boolean special = slots(frame).anyMatch(slot -> slot.kind() == Vm.Kind.SPECIAL);
    if (!special && !(leaf.memoryType() == MemoryType.WB && leaf.ignorePat())) {
      broken.add("frame " + frame + " is memory and not write-back for every PAT");
    }
    return broken;
  }

  private Stream<Vm.Memory> slots(HostFrame frame) {
    return policy.vms().stream()
        .flatMap(vm -> vm.memory().stream().filter(m -> frame.in(policy, slotFrames(vm, m))));
  }

  private static Frames slotFrames(Vm vm, Vm.Memory memory) {
    return new Frames(new Frames.Owner.Memory(vm.name(), memory.name()), 0, memory.size());
  }

  private Optional<HostFrame> behindSlot(String vm, Gpa gpa) {
    for (Vm machine : policy.vms()) {
      for (Vm.Memory memory : machine.memory()) {
        long into = gpa.value() - memory.gpa().value();
        if (machine.name().equals(vm) && Long.compareUnsigned(into, memory.size()) < 0) {
          return Optional.of(HostFrame.of(policy, slotFrames(machine, memory), into));
        }
      }
    }
    return Optional.empty();
  }

  private int vcpus(View view) {
    return policy.vm(view.vm()).map(Vm::vcpus).orElse(1);
  }
}
