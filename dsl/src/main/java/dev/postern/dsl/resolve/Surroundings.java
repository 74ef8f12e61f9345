package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.resolve.Machines.Machine;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.ControlRegion;
import dev.postern.model.DmaDomain;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Location;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who else holds or reaches frames: aliases, devices, control structures, raw EPTP-list slots. */
final class Surroundings {

  private static final Set<Attributes.Kind> ALIAS =
      Set.of(
          Attributes.Kind.SIZE,
          Attributes.Kind.MEMORY_TYPE,
          Attributes.Kind.PAT,
          Attributes.Kind.LEAF_BIT,
          Attributes.Kind.PERMISSION);

  private final Scope scope;
  private final Contents contents;
  private final Map<String, Machine> machines;
  private final Map<String, PlannedView> views;

  Surroundings(
      Scope scope,
      Contents contents,
      Map<String, Machine> machines,
      Map<String, PlannedView> views) {
    this.scope = scope;
    this.contents = contents;
    this.machines = machines;
    this.views = views;
  }

  // ---- aliases

  /** The VMs with the aliases written in them. */
  List<Vm> withAliases() {
    List<Vm> vms = new ArrayList<>();
    for (Machine machine : machines.values()) {
      List<Vm.Alias> aliases = new ArrayList<>();
      for (Tree.VmItem item : machine.tree().items()) {
        if (item instanceof Tree.Alias alias && scope.entry(alias.at())) {
          alias(alias).ifPresent(aliases::add);
        }
      }
      Vm vm = machine.vm();
      vms.add(
          new Vm(
              vm.at(),
              vm.name(),
              vm.source(),
              vm.destination(),
              vm.vcpus(),
              vm.memory(),
              vm.lock(),
              vm.controls(),
              vm.approvals(),
              aliases));
    }
    return vms;
  }

  private Optional<Vm.Alias> alias(Tree.Alias tree) {
    Attributes attributes = new Attributes(scope, tree.attributes(), "an alias", ALIAS);
    Optional<Long> gpa = scope.evaluator.word(tree.gpa(), "guest-physical address");
    Optional<Frames> frames = frames(tree.frames(), attributes.size());
    if (!attributes.hasPermission()) {
      scope.missing(tree.at(), "the alias has no permission", "write r, w and x together, or none");
    }
    return gpa.isPresent()
            && frames.isPresent()
            && scope.aligned(tree.gpa().at(), "address", gpa.get(), PageSize.SMALL)
            && scope.fits(tree.at(), "alias", gpa.get(), frames.get().size())
        ? Optional.of(
            new Vm.Alias(
                tree.at(), new Gpa(gpa.get()), frames.get(), attributes.leaf(LeafDefaults.alias())))
        : Optional.empty();
  }

  private Optional<Frames> frames(Tree.Frames tree, Optional<Tree.Expression> size) {
    if (size.isEmpty()) {
      return contents.frames(tree, Optional.empty());
    }
    return scope
        .evaluator
        .size(size.get())
        .filter(s -> scope.aligned(size.get().at(), "size", s, PageSize.SMALL))
        .flatMap(s -> contents.frames(tree, Optional.of(s)));
  }

  // ---- devices and control structures

  List<DmaDomain> domains(List<Tree.Domain> trees, List<View> built) {
    Scope.Names names = scope.new Names("iommu domain");
    List<DmaDomain> domains = new ArrayList<>();
    for (Tree.Domain tree : trees) {
      if (names.define(tree.name().text(), tree.name().at()) && scope.entry(tree.at())) {
        List<Frames> reached = reach(tree.maps(), built);
        for (Frames hole : reach(tree.except(), built)) {
          reached = without(reached, hole);
        }
        domains.add(new DmaDomain(tree.at(), tree.name().text(), reached));
      }
    }
    return domains;
  }

  private List<Frames> reach(List<Tree.Reach> trees, List<View> built) {
    List<Frames> frames = new ArrayList<>();
    for (Tree.Reach tree : trees) {
      switch (tree) {
        case Tree.Trampolines _ ->
            built.stream()
                .flatMap(v -> v.mappings().stream())
                .filter(m -> m.role() == Role.TRAMPOLINE)
                .map(Mapping::frames)
                .distinct()
                .forEach(frames::add);
        case Tree.Frames f -> frames(f, sizeOfHost(f)).ifPresent(frames::add);
      }
    }
    return frames;
  }

  /** {@code host ADDRESS} alone is one page where nothing says a size. */
  private static Optional<Tree.Expression> sizeOfHost(Tree.Frames tree) {
    return tree instanceof Tree.HostFrames host && host.size().isEmpty()
        ? Optional.of(
            new Tree.Numeral(host.at(), java.math.BigInteger.valueOf(PageSize.SMALL.bytes())))
        : Optional.empty();
  }

  private static List<Frames> without(List<Frames> from, Frames hole) {
    List<Frames> left = new ArrayList<>();
    for (Frames frames : from) {
      long end = frames.offset() + frames.size();
      long holeEnd = hole.offset() + hole.size();
      if (!frames.owner().equals(hole.owner())
          || Long.compareUnsigned(hole.offset(), end - 1) > 0
          || Long.compareUnsigned(frames.offset(), holeEnd - 1) > 0) {
        left.add(frames);
        continue;
      }
      if (Long.compareUnsigned(hole.offset(), frames.offset()) > 0) {
        left.add(new Frames(frames.owner(), frames.offset(), hole.offset() - frames.offset()));
      }
      if (Long.compareUnsigned(holeEnd - 1, end - 1) < 0) {
        left.add(new Frames(frames.owner(), holeEnd, end - holeEnd));
      }
    }
    return left;
  }

  List<ControlRegion> controlRegions(List<Tree.ControlRegion> trees) {
    List<ControlRegion> regions = new ArrayList<>();
    for (Tree.ControlRegion tree : trees) {
      if (scope.entry(tree.at())) {
        Optional<ControlRegion.Kind> kind =
            Words.find(
                Words.CONTROL_REGIONS, tree.kind(), "a control structure", scope.diagnostics);
        Optional<Frames> frames = frames(tree.frames(), tree.size());
        if (kind.isPresent() && frames.isPresent()) {
          regions.add(new ControlRegion(tree.at(), kind.get(), frames.get()));
        }
      }
    }
    return regions;
  }

  // ---- the raw EPTP list

  List<EptpSlot> slots(List<Tree.EptpList> trees) {
    Map<String, Location> used = new HashMap<>();
    List<EptpSlot> slots = new ArrayList<>();
    for (Tree.EptpList list : trees) {
      String vm = list.vm().text();
      if (!machines.containsKey(vm)) {
        scope.unknown(list.vm().at(), "vm", vm, machines.keySet());
      }
      for (Tree.Slot slot : list.slots()) {
        Optional<Long> index = scope.evaluator.between(slot.index(), "EPTP-list index", 0, 511);
        Optional<EptpSlot.Value> value = value(slot.value());
        if (index.isEmpty() || value.isEmpty() || !scope.entry(slot.at())) {
          continue;
        }
        Location earlier = used.putIfAbsent(vm + " " + index.get(), slot.at());
        if (earlier != null) {
          scope.diagnostics.add(
              Diagnostic.error(
                      Code.DUPLICATE_INDEX,
                      slot.at(),
                      "slot %d of vm '%s' is written twice".formatted(index.get(), vm))
                  .also(earlier, "first written here"));
          continue;
        }
        slots.add(new EptpSlot(slot.at(), vm, index.get().intValue(), value.get()));
      }
    }
    return slots;
  }

  private Optional<EptpSlot.Value> value(Tree.SlotValue tree) {
    return switch (tree) {
      case Tree.RawSlot raw ->
          scope.evaluator.word(raw.bits(), "EPTP").map(EptpSlot.Value.Raw::new);
      case Tree.RootSlot root -> {
        PlannedView view = views.get(root.view().text());
        if (view == null) {
          scope.unknown(root.view().at(), "view", root.view().text(), views.keySet());
          yield Optional.empty();
        }
        for (Tree.EptpField field : root.fields()) {
          if (field instanceof Tree.Root fixed) {
            scope.error(
                Code.CLAUSE_NOT_ALLOWED,
                fixed.at(),
                "'root' has no meaning here: the slot has the root of view '" + view.name() + "'",
                "write the whole EPTP with: slot N raw 0x…");
          }
        }
        Eptp eptp = ViewPlanner.eptp(scope, view.eptp, root.fields());
        yield Optional.of(new EptpSlot.Value.RootOf(view.name(), eptp));
      }
    };
  }
}
