package dev.postern.verifier.frame;

import dev.postern.model.ControlRegion;
import dev.postern.model.DmaDomain;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Verification;
import dev.postern.verifier.frame.Use.Via;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every holder of a policy, in a fixed order: views as written, then each machine's own mappings
 * and memory slots, DMA domains, control regions, fixed roots.
 */
public final class FrameIndex {

  private final FrameSpace space;
  private final Entries entries;
  private final List<Holder> holders;
  private final Map<String, Holder> byView = new HashMap<>();

  private FrameIndex(Policy policy, Verification verification) {
    this.space = FrameSpace.of(policy);
    this.entries = new Entries(policy.cpu());
    List<Holder> found = new ArrayList<>(verification.each(policy.views(), this::view));
    for (Vm vm : policy.vms()) {
      boolean hasView = policy.viewsOf(vm.name()).stream().anyMatch(View::isDefault);
      found.add(machine(vm, hasView));
      if (hasView) {
        found.add(memorySlots(vm));
      }
    }
    policy.dmaDomains().forEach(domain -> found.add(dma(domain)));
    policy.controlRegions().forEach(region -> found.add(control(region)));
    policy.views().forEach(view -> table(view).ifPresent(found::add));
    this.holders = List.copyOf(found);
    for (Holder holder : holders) {
      if (holder.via() != Via.TABLE) {
        holder.view().ifPresent(view -> byView.putIfAbsent(view.name(), holder));
      }
    }
  }

  /** The run's index; built by the first rule that asks. */
  public static FrameIndex of(Verification verification) {
    return verification.fact(FrameIndex.class, run -> new FrameIndex(run.policy(), run));
  }

  public FrameSpace space() {
    return space;
  }

  public Entries entries() {
    return entries;
  }

  public List<Holder> holders() {
    return holders;
  }

  /** The view's own holder. */
  public Holder holder(View view) {
    return Optional.ofNullable(byView.get(view.name())).orElseThrow();
  }

  /** Address bits of the entry that maps the first frame; 0 where the loader chooses the frame. */
  public long address(Frames frames) {
    long key = space.first(frames);
    return Long.compareUnsigned(key, 1L << 52) < 0 ? key << 12 : 0;
  }

  private Holder view(View view) {
    Via via = view.isDefault() ? Via.DEFAULT_VIEW : Via.PROTECTED_VIEW;
    List<Reach> reaches = new ArrayList<>();
    for (Mapping m : view.mappings()) {
      if (grants(m.leaf(), m.pageSize(), m.frames())) {
        reaches.add(
            new Reach(
                m.name(),
                m.gpa(),
                m.frames(),
                Use.of(via, m.role(), m.leaf()),
                m.leaf().read(),
                m.at()));
      }
    }
    return Holder.of(
        "view " + view.name() + " of " + view.vm(),
        via,
        view.vm(),
        Optional.of(view),
        reaches,
        space);
  }

  /**
   * A machine without a default view runs on its memory slots; any has its aliases. Memory slots
   * are a holder of their own only where a view stands between them and the guest.
   */
  private Holder machine(Vm vm, boolean hasView) {
    List<Reach> reaches = new ArrayList<>();
    if (!hasView) {
      for (Vm.Memory slot : vm.memory()) {
        Use use = Use.of(Via.MACHINE, traits(slot));
        reaches.add(
            new Reach(slot.name(), slot.gpa(), FrameSpace.slot(vm, slot), use, true, slot.at()));
      }
    }
    for (Vm.Alias alias : vm.aliases()) {
      if (grants(alias.leaf(), PageSize.SMALL, alias.frames())) {
        Use use = Use.of(Via.MACHINE, Role.RAM, alias.leaf());
        reaches.add(
            new Reach(
                "alias at " + alias.gpa(),
                alias.gpa(),
                alias.frames(),
                use,
                alias.leaf().read(),
                alias.at()));
      }
    }
    return Holder.of("vm " + vm.name(), Via.MACHINE, vm.name(), Optional.empty(), reaches, space);
  }

  private Holder memorySlots(Vm vm) {
    List<Reach> reaches = new ArrayList<>();
    for (Vm.Memory slot : vm.memory()) {
      Use use = Use.of(Via.MEMORY_SLOT, traits(slot));
      reaches.add(
          new Reach(slot.name(), slot.gpa(), FrameSpace.slot(vm, slot), use, true, slot.at()));
    }
    return Holder.of(
        "memory slots of " + vm.name(),
        Via.MEMORY_SLOT,
        vm.name(),
        Optional.empty(),
        reaches,
        space);
  }

  private Holder dma(DmaDomain domain) {
    List<Reach> reaches =
        domain.frames().stream()
            .map(frames ->
                new Reach(
                    frames.owner().toString(),
                    new Gpa(0),
                    frames,
                    Use.of(Via.DMA, Set.of()),
                    true,
                    domain.at()))
            .toList();
    return Holder.of(
        "iommu domain " + domain.name(), Via.DMA, domain.name(), Optional.empty(), reaches, space);
  }

  private Holder control(ControlRegion region) {
    String name = region.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    Reach reach =
        new Reach(
            name, new Gpa(0), region.frames(), Use.of(Via.CONTROL, Set.of()), true, region.at());
    return Holder.of(name, Via.CONTROL, "", Optional.empty(), List.of(reach), space);
  }

  private Optional<Holder> table(View view) {
    return view.root()
        .map(root -> {
          Frames frames =
              new Frames(new Frames.Owner.Host(), root.page().value(), PageSize.SMALL.bytes());
          Reach reach =
              new Reach("root", new Gpa(0), frames, Use.of(Via.TABLE, Set.of()), true, view.at());
          return Holder.of(
              "root of view " + view.name(),
              Via.TABLE,
              view.vm(),
              Optional.of(view),
              List.of(reach),
              space);
        });
  }

  /** Whether the leaf is present and well-formed, so that its page can be accessed at all. */
  public boolean grants(Leaf leaf, PageSize size, Frames frames) {
    long entry = Entries.leaf(leaf, size, address(frames));
    return entries.present(entry) && entries.misconfiguration(entry, size).isEmpty();
  }

  private static Set<Use.Trait> traits(Vm.Memory slot) {
    Set<Use.Trait> traits = EnumSet.noneOf(Use.Trait.class);
    if (slot.kind() == Vm.Kind.SPECIAL) {
      traits.add(Use.Trait.SPECIAL);
    }
    if (slot.dirtyLogged()) {
      traits.add(Use.Trait.DIRTY_LOGGED);
    }
    return traits;
  }
}
