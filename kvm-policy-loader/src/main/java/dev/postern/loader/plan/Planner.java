package dev.postern.loader.plan;

import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Policy to plan. What a policy may say to describe an existing system but no loader installs is
 * refused by name: raw list slots, five-level walks, code in memory the guest or a device owns.
 */
public final class Planner {

  private final Policy policy;
  private final List<String> reasons = new ArrayList<>();
  private final Map<Frames, InstallPlan.Content> contents = new LinkedHashMap<>();

  private Planner(Policy policy) {
    this.policy = policy;
  }

  public static PlanResult plan(Policy policy) {
    return new Planner(policy).plan();
  }

  private PlanResult plan() {
    List<InstallPlan.Source> sources = new ArrayList<>();
    for (Vm vm : policy.vms()) {
      if (vm.source()) {
        sources.add(source(vm));
      }
    }
    policy.slots().forEach(this::requireEmpty);
    InstallPlan plan =
        new InstallPlan(
            policy.name(),
            policy.version(),
            PolicyJson.sha256(policy),
            policy.cpu().physicalAddressWidth(),
            sources,
            List.copyOf(contents.values()),
            reserved());
    return reasons.isEmpty() ? new PlanResult.Planned(plan) : new PlanResult.Refused(reasons);
  }

  private InstallPlan.Source source(Vm vm) {
    List<InstallPlan.Hierarchy> views = new ArrayList<>();
    int last = -1;
    List<View> sorted =
        policy.viewsOf(vm.name()).stream().sorted(Comparator.comparingInt(View::index)).toList();
    if (sorted.isEmpty() || !sorted.getFirst().isDefault()) {
      reasons.add("vm " + vm.name() + ": no default view at index 0 to start in");
    }
    for (View view : sorted) {
      if (view.index() == last) {
        reasons.add("vm " + vm.name() + ": two views at index " + last);
      }
      last = view.index();
      views.add(hierarchy(view));
    }
    return new InstallPlan.Source(vm.name(), vm.vcpus(), vm.controls().holds(Control.K13), views);
  }

  private InstallPlan.Hierarchy hierarchy(View view) {
    if (view.eptp().walkLength() != 4) {
      reasons.add("view " + view.name() + ": only 4-level EPT is built");
    }
    if (view.root().isPresent()) {
      reasons.add(
          "view " + view.name() + ": its root is fixed, which describes an existing system");
    }
    List<InstallPlan.Run> runs = new ArrayList<>();
    for (Mapping mapping : view.mappings()) {
      runs.add(run(view, mapping));
    }
    return new InstallPlan.Hierarchy(
        view.name(), view.index(), view.eptp(), view.suppressVeAbsent(), runs);
  }

  private InstallPlan.Run run(View view, Mapping mapping) {
    String name = "mapping " + view.name() + "." + mapping.name() + ": ";
    Leaf leaf = mapping.leaf();
    if (!leaf.read() && !leaf.write() && !leaf.execute()) {
      reasons.add(name + "no permission in bits 2:0, so its entries would map nothing");
    }
    if (Long.compareUnsigned(mapping.gpa().value() + mapping.size() - 1, 1L << 48) >= 0) {
      reasons.add(name + "beyond the 48 bits a 4-level walk translates");
    }
    if (beyond52Bits(mapping.frames())) {
      reasons.add(name + "frames beyond 52 physical-address bits");
    }
    boolean loaderOwned =
        switch (mapping.frames().owner()) {
          case Frames.Owner.Loader _, Frames.Owner.Host _ -> true;
          case Frames.Owner.Memory _ -> false;
        };
    if (mapping.perVcpu() && !(mapping.frames().owner() instanceof Frames.Owner.Loader)) {
      reasons.add(name + "per-vCPU frames must be the loader's");
    }
    mapping
        .image()
        .ifPresent(image -> {
          if (!loaderOwned) {
            reasons.add(name + "its content would lie in a virtual machine's memory");
          }
          content(name, mapping.frames(), image);
        });
    return new InstallPlan.Run(
        mapping.name(),
        mapping.gpa(),
        mapping.size(),
        mapping.pageSize(),
        mapping.frames(),
        leaf,
        mapping.perVcpu());
  }

  private void content(String name, Frames frames, CodeImage image) {
    InstallPlan.Content content = new InstallPlan.Content(frames, image.bytes());
    InstallPlan.Content before = contents.putIfAbsent(frames, content);
    if (before != null && !before.equals(content)) {
      reasons.add(name + "another mapping puts other content into the same frames");
    }
  }

  private List<Frames> reserved() {
    List<Frames> reserved = new ArrayList<>();
    for (Vm vm : policy.vms()) {
      for (Vm.Memory memory : vm.memory()) {
        if (memory.host().isPresent()) {
          long host = memory.host().get().value();
          if (memory.size() <= 0 || ((memory.size() | host) & (PageSize.SMALL.bytes() - 1)) != 0) {
            reasons.add("memory " + vm.name() + "." + memory.name() + " is not whole pages");
          } else {
            reserved.add(new Frames(new Frames.Owner.Host(), host, memory.size()));
          }
        }
      }
      vm.aliases().forEach(alias -> reserved.add(alias.frames()));
    }
    policy.controlRegions().forEach(region -> reserved.add(region.frames()));
    policy.dmaDomains().forEach(domain -> reserved.addAll(domain.frames()));
    policy.views().forEach(view -> view.mappings().forEach(m -> reserved.add(m.frames())));
    return reserved.stream()
        .filter(frames -> frames.owner() instanceof Frames.Owner.Host)
        .distinct()
        .sorted(Comparator.comparingLong(Frames::offset).thenComparingLong(Frames::size))
        .toList();
  }

  private static boolean beyond52Bits(Frames frames) {
    return Long.compareUnsigned(frames.offset() + frames.size() - 1, 1L << 52) >= 0;
  }

  private void requireEmpty(EptpSlot slot) {
    boolean empty =
        switch (slot.value()) {
          case EptpSlot.Value.Raw(long bits) -> bits == 0;
          case EptpSlot.Value.RootOf _ -> false;
        };
    if (!empty) {
      reasons.add(
          "slot "
              + slot.index()
              + " of "
              + slot.vm()
              + " is raw, which describes an existing"
              + " system");
    }
  }
}
