package dev.postern.silicon;

import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.ept.ImageFile;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A host of 512 MiB with a policy installed. Only what a view's windows reach and the pages the
 * attacker keeps his code in have memory behind them; the rest of a region lies at addresses where
 * the host has none.
 */
public final class Host {

  private static final long PAGE = PageSize.SMALL.bytes();
  private static final long LOADER = 0x400_0000;
  private static final long LOADER_SIZE = 0x40_0000;
  private static final long TABLES = 0x500_0000;
  private static final long TABLES_SIZE = 0x100_0000;
  private static final long NEAR = 0x600_0000;
  private static final long NEAR_END = 0x1e00_0000;

  /** Where host memory ends. */
  static final long END = 0x2000_0000;

  private static final long FAR = 1L << 36;
  private static final long SMALL_REGION = 1 << 16;

  private final Policy policy;
  private final Policy installed;
  private final FrameMap frames;
  private final EptImage image;
  private final List<FrameMap.Extent> memory;

  private Host(
      Policy policy,
      Policy installed,
      FrameMap frames,
      EptImage image,
      List<FrameMap.Extent> memory) {
    this.policy = policy;
    this.installed = installed;
    this.frames = frames;
    this.image = image;
    this.memory = memory;
  }

  /** A host on which {@code policy} is installed, its image walked and compared with the plan. */
  public static Host of(Policy policy) throws SiliconException {
    return of(policy, policy, List.of());
  }

  /**
   * A host with more in it.
   *
   * @param stage the policy with what a trial needs besides, as {@link Stage} adds it
   * @param behind frames that have memory behind them, besides those of {@link #of(Policy)}
   */
  static Host of(Policy policy, Policy stage, List<Frames> behind) throws SiliconException {
    InstallPlan plan =
        switch (Planner.plan(stage)) {
          case PlanResult.Planned(InstallPlan planned) -> planned;
          case PlanResult.Refused(List<String> reasons) ->
              throw new SiliconException("no loader installs this policy: " + reasons.getFirst());
        };
    List<FrameMap.Region> regions = new ArrayList<>();
    List<FrameMap.Extent> memory = new ArrayList<>();
    long near = NEAR;
    long far = FAR;
    for (Vm vm : policy.vms()) {
      for (Vm.Memory region : vm.memory()) {
        if (region.host().isPresent()) {
          continue;
        }
        long unit = granularity(policy, vm, region);
        Set<Long> used = used(policy, vm, region, unit);
        for (Frames more : behind) {
          if (more.owner().equals(new Frames.Owner.Memory(vm.name(), region.name()))) {
            add(used, more.offset(), more.size(), unit);
          }
        }
        for (long at = 0; at < region.size(); ) {
          boolean here = used.contains(at);
          long end = at + unit;
          while (end < region.size() && used.contains(end) == here) {
            end += unit;
          }
          long size = Math.min(end, region.size()) - at;
          long host = here ? near : far;
          FrameMap.Extent extent = new FrameMap.Extent(new Hpa(host), size);
          regions.add(new FrameMap.Region(vm.name(), region.name(), at, extent));
          if (here) {
            memory.add(extent);
            near += size;
          } else {
            far += size;
          }
          at += size;
        }
        near = near + PageSize.LARGE.bytes() - 1 & -PageSize.LARGE.bytes();
        far = far + PageSize.HUGE.bytes() - 1 & -PageSize.HUGE.bytes();
      }
    }
    if (near > NEAR_END) {
      throw new SiliconException("the policy's windows need more memory than this host has");
    }
    memory.add(new FrameMap.Extent(new Hpa(LOADER), LOADER_SIZE));
    FrameMap frames =
        new FrameMap(
            regions,
            List.of(new FrameMap.Extent(new Hpa(LOADER), LOADER_SIZE)),
            List.of(new FrameMap.Extent(new Hpa(TABLES), TABLES_SIZE)));
    try {
      EptImage image = EptBuilder.build(plan, frames, "silicon");
      List<String> differences = ImageComparer.compare(image, plan, frames);
      if (!differences.isEmpty()) {
        throw new SiliconException("the image is not the plan: " + differences.getFirst());
      }
      return new Host(policy, stage, frames, image, memory);
    } catch (BuildException e) {
      throw new SiliconException("the image cannot be built: " + e.getMessage());
    }
  }

  /** The largest page any view maps the region by: pieces are whole multiples of it. */
  private static long granularity(Policy policy, Vm vm, Vm.Memory region) {
    return mappings(policy, vm, region).stream()
        .mapToLong(mapping -> mapping.pageSize().bytes())
        .max()
        .orElse(PAGE);
  }

  private static List<Mapping> mappings(Policy policy, Vm vm, Vm.Memory region) {
    Frames.Owner owner = new Frames.Owner.Memory(vm.name(), region.name());
    return policy.views().stream()
        .flatMap(view -> view.mappings().stream())
        .filter(mapping -> mapping.frames().owner().equals(owner))
        .toList();
  }

  private static Set<Long> used(Policy policy, Vm vm, Vm.Memory region, long unit) {
    Set<Long> used = new TreeSet<>();
    for (Mapping mapping : mappings(policy, vm, region)) {
      Frames frames = mapping.frames();
      if (mapping.role() != Role.RAM) {
        add(used, frames.offset(), frames.size(), unit);
      }
    }
    if (vm.source() && region.equals(Attacker.region(vm))) {
      add(used, Attacker.offset(region), Attacker.SIZE, unit);
    } else if (vm.source() && region.size() <= SMALL_REGION) {
      add(used, 0, region.size(), unit);
    }
    return used;
  }

  private static void add(Set<Long> used, long offset, long size, long unit) {
    for (long at = offset & -unit; at < offset + size; at += unit) {
      used.add(at);
    }
  }

  public Policy policy() {
    return policy;
  }

  /** The image file, byte for byte what {@code load --backend image} writes. */
  byte[] imageFile() {
    return ImageFile.write(image);
  }

  /** Memory that is zero before each trial. */
  List<FrameMap.Extent> memory() {
    return memory;
  }

  /** Where in the image's lists the source VM's first vCPU finds its own. */
  int list(String vm) throws SiliconException {
    for (int i = 0; i < image.lists().size(); i++) {
      if (image.lists().get(i).vm().equals(vm) && image.lists().get(i).firstVcpu() == 0) {
        return i;
      }
    }
    throw new SiliconException("no EPTP list of " + vm);
  }

  /** The host address behind {@code gpa} in view {@code index} of {@code vm}'s first vCPU. */
  public Hpa host(String vm, int index, long gpa) throws SiliconException {
    for (View view : installed.viewsOf(vm)) {
      if (view.index() == index) {
        for (Mapping mapping : view.mappings()) {
          long at = gpa - mapping.gpa().value();
          if (Long.compareUnsigned(at, mapping.size()) < 0) {
            return host(mapping.frames(), at);
          }
        }
      }
    }
    throw new SiliconException("view " + index + " maps no gpa 0x" + Long.toHexString(gpa));
  }

  /** The host addresses of page frames, of those that have memory behind them. */
  Set<Hpa> pages(Collection<Frames> frames) throws SiliconException {
    Set<Hpa> pages = new TreeSet<>(Comparator.comparingLong(Hpa::value));
    for (Frames page : frames) {
      Hpa at = host(page, 0);
      if (at.value() < END) {
        pages.add(at);
      }
    }
    return pages;
  }

  private Hpa host(Frames run, long at) throws SiliconException {
    long offset = run.offset() + at;
    switch (run.owner()) {
      case Frames.Owner.Host() -> {
        return new Hpa(offset);
      }
      case Frames.Owner.Memory(String vm, String region) -> {
        for (FrameMap.Region piece : frames.regions()) {
          long from = offset - piece.offset();
          if (piece.vm().equals(vm)
              && piece.region().equals(region)
              && from >= 0
              && from < piece.extent().size()) {
            return piece.extent().host().plus(from);
          }
        }
      }
      case Frames.Owner.Loader(String view, String mapping) -> {
        for (EptImage.Allocation own : image.allocations()) {
          if (own.view().equals(view) && own.mapping().equals(mapping) && own.vcpu() == 0) {
            return own.host().plus(offset);
          }
        }
      }
    }
    throw new SiliconException("no host memory behind " + run.owner());
  }
}
