package dev.postern.loader.ept;

import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.PageSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Plan and host frames to paging structures. Every hierarchy gets tables of its own (O-27); frames
 * come from the pools in a fixed order, so the same plan and frames give the same image.
 */
public final class EptBuilder {

  private static final int ENTRIES = 512;
  private static final long FRAME = 4096;
  private static final long ADDRESS = (1L << 52) - FRAME;
  private static final int ROOT_SHIFT = 39;
  private static final int BITS_A_LEVEL = 9;

  private final InstallPlan plan;
  private final FrameMap frames;
  private final FrameAllocator loaderPool;
  private final FrameAllocator tablePool;
  private final Map<OwnFrames, EptImage.Allocation> allocations = new LinkedHashMap<>();
  private final Map<Hpa, long[]> tables = new HashMap<>();
  private final List<EptImage.EptpList> lists = new ArrayList<>();
  private final SortedMap<Hpa, EptImage.Page> pages = new TreeMap<>();

  /** A run of the loader's frames; shared by all vCPUs under vCPU 0. */
  private record OwnFrames(Frames.Owner.Loader owner, int vcpu) {}

  private EptBuilder(InstallPlan plan, FrameMap frames) {
    this.plan = plan;
    this.frames = frames;
    this.loaderPool = new FrameAllocator("loader", frames.loader());
    this.tablePool = new FrameAllocator("tables", frames.tables());
  }

  /**
   * The image of {@code plan} on a host with {@code frames}.
   *
   * @param bundleId recorded in it
   */
  public static EptImage build(InstallPlan plan, FrameMap frames, String bundleId)
      throws BuildException {
    EptBuilder builder = new EptBuilder(plan, frames);
    builder.requireFreePools();
    builder.allocate();
    for (InstallPlan.Source source : plan.sources()) {
      builder.source(source);
    }
    builder.contents();
    for (Map.Entry<Hpa, long[]> table : builder.tables.entrySet()) {
      builder.page(EptImage.Kind.TABLE, table.getKey(), bytes(table.getValue()));
    }
    return new EptImage(
        bundleId,
        Bytes.of(plan.canonical()).sha256(),
        builder.lists,
        List.copyOf(builder.allocations.values()),
        builder.pages);
  }

  private void requireFreePools() throws BuildException {
    List<FrameMap.Extent> pools = new ArrayList<>(frames.loader());
    pools.addAll(frames.tables());
    for (FrameMap.Extent pool : pools) {
      if ((pool.end() - 1) >>> plan.physicalAddressWidth() != 0) {
        throw new BuildException("pool at " + pool.host() + " exceeds the physical-address width");
      }
      for (Frames reserved : plan.reserved()) {
        if (Long.compareUnsigned(reserved.offset(), pool.end()) < 0
            && Long.compareUnsigned(pool.host().value(), reserved.offset() + reserved.size() - 1)
                <= 0) {
          throw new BuildException(
              "pool at " + pool.host() + " holds host frames that the policy speaks about");
        }
      }
    }
  }

  /**
   * One run of frames for each owner, as long as its furthest use and aligned to its largest page.
   */
  private void allocate() throws BuildException {
    Map<OwnFrames, Long> sizes = new LinkedHashMap<>();
    Map<OwnFrames, Long> alignments = new HashMap<>();
    for (InstallPlan.Source source : plan.sources()) {
      for (InstallPlan.Hierarchy view : source.views()) {
        for (InstallPlan.Run run : view.runs()) {
          if (run.frames().owner() instanceof Frames.Owner.Loader owner) {
            for (int vcpu = 0; vcpu < (run.perVcpu() ? source.vcpus() : 1); vcpu++) {
              OwnFrames own = new OwnFrames(owner, vcpu);
              sizes.merge(own, run.frames().offset() + run.size(), Math::max);
              alignments.merge(own, run.pageSize().bytes(), Math::max);
            }
          }
        }
      }
    }
    for (Map.Entry<OwnFrames, Long> entry : sizes.entrySet()) {
      OwnFrames own = entry.getKey();
      long size = entry.getValue();
      Hpa host = loaderPool.take(size, alignments.getOrDefault(own, FRAME));
      allocations.put(
          own,
          new EptImage.Allocation(
              own.owner().view(), own.owner().mapping(), own.vcpu(), host, size));
    }
  }

  private void source(InstallPlan.Source source) throws BuildException {
    boolean perVcpu = source.views().stream().anyMatch(InstallPlan.Hierarchy::perVcpu);
    Map<Integer, Long> shared = new HashMap<>();
    for (InstallPlan.Hierarchy view : source.views()) {
      if (!view.perVcpu()) {
        shared.put(view.index(), hierarchy(source, view, 0));
      }
    }
    int listCount = perVcpu ? source.vcpus() : 1;
    for (int vcpu = 0; vcpu < listCount; vcpu++) {
      long[] list = new long[ENTRIES];
      for (InstallPlan.Hierarchy view : source.views()) {
        Long pointer = shared.get(view.index());
        list[view.index()] = pointer != null ? pointer : hierarchy(source, view, vcpu);
      }
      Hpa host = tablePool.take(FRAME, FRAME);
      page(EptImage.Kind.LIST, host, bytes(list));
      lists.add(new EptImage.EptpList(source.vm(), vcpu, perVcpu ? 1 : source.vcpus(), host));
    }
  }

  /** Builds one hierarchy and returns its EPT pointer. */
  private long hierarchy(InstallPlan.Source source, InstallPlan.Hierarchy view, int vcpu)
      throws BuildException {
    long absent = EntryBits.absent(view.suppressVeAbsent());
    Hpa root = table(absent);
    for (InstallPlan.Run run : view.runs()) {
      long step = run.pageSize().bytes();
      for (long at = 0; at < run.size(); at += step) {
        Hpa frame = host(run, at, run.perVcpu() ? vcpu : 0);
        long entry = EntryBits.leaf(run.leaf(), frame, run.pageSize());
        map(root, run.gpa().value() + at, run.pageSize(), entry, source, absent);
      }
    }
    return root.value() | view.eptp().bits();
  }

  private void map(
      Hpa root, long gpa, PageSize size, long entry, InstallPlan.Source source, long absent)
      throws BuildException {
    Hpa table = root;
    int shift = ROOT_SHIFT;
    while (shift > size.shift()) {
      long[] entries = entries(table);
      int slot = slot(gpa, shift);
      if (entries[slot] == absent) {
        Hpa next = table(absent);
        entries[slot] = EntryBits.table(next, source.modeBasedExecute());
        table = next;
      } else {
        table = new Hpa(entries[slot] & ADDRESS);
      }
      shift -= BITS_A_LEVEL;
    }
    entries(table)[slot(gpa, shift)] = entry;
  }

  private static int slot(long gpa, int shift) {
    return (int) (gpa >>> shift) & (ENTRIES - 1);
  }

  private Hpa table(long absent) throws BuildException {
    Hpa host = tablePool.take(FRAME, FRAME);
    long[] entries = new long[ENTRIES];
    Arrays.fill(entries, absent);
    tables.put(host, entries);
    return host;
  }

  private long[] entries(Hpa table) {
    long[] entries = tables.get(table);
    if (entries == null) {
      throw new AssertionError("the builder knows its own tables");
    }
    return entries;
  }

  /** Where the frame stands that is {@code at} bytes into {@code run}. */
  private Hpa host(InstallPlan.Run run, long at, int vcpu) throws BuildException {
    long offset = run.frames().offset() + at;
    long size = run.pageSize().bytes();
    Hpa host =
        switch (run.frames().owner()) {
          case Frames.Owner.Host() -> new Hpa(offset);
          case Frames.Owner.Memory(String vm, String region) -> memory(vm, region, offset, size);
          case Frames.Owner.Loader owner -> own(owner, vcpu).host().plus(offset);
        };
    if (host.value() % size != 0) {
      throw new BuildException(
          "mapping " + run.mapping() + ": host address " + host + " is not aligned to its page");
    }
    if (host.value() >>> plan.physicalAddressWidth() != 0) {
      throw new BuildException(
          "mapping "
              + run.mapping()
              + ": host address "
              + host
              + " exceeds the physical-address"
              + " width");
    }
    return host;
  }

  private Hpa memory(String vm, String region, long offset, long size) throws BuildException {
    for (FrameMap.Region piece : frames.regions()) {
      long from = offset - piece.offset();
      if (piece.vm().equals(vm)
          && piece.region().equals(region)
          && from >= 0
          && from + size <= piece.extent().size()) {
        return piece.extent().host().plus(from);
      }
    }
    throw new BuildException(
        "the frame map has no contiguous frames for "
            + vm
            + "."
            + region
            + " at 0x"
            + Long.toHexString(offset));
  }

  private EptImage.Allocation own(Frames.Owner.Loader owner, int vcpu) {
    EptImage.Allocation allocation = allocations.get(new OwnFrames(owner, vcpu));
    if (allocation == null) {
      throw new AssertionError("every run of the plan was allocated");
    }
    return allocation;
  }

  private void contents() throws BuildException {
    for (InstallPlan.Content content : plan.contents()) {
      for (Hpa start : starts(content.frames())) {
        byte[] bytes = content.bytes().toArray();
        for (int at = 0; at < bytes.length; at += (int) FRAME) {
          page(
              EptImage.Kind.CONTENT,
              start.plus(at),
              Bytes.of(Arrays.copyOfRange(bytes, at, at + (int) FRAME)));
        }
      }
    }
  }

  /** Where frames with content start: one place, or one for each vCPU. */
  private List<Hpa> starts(Frames frames) throws BuildException {
    return switch (frames.owner()) {
      case Frames.Owner.Host() -> List.of(new Hpa(frames.offset()));
      case Frames.Owner.Memory(String vm, String region) ->
          throw new BuildException("content in the memory " + region + " of " + vm);
      case Frames.Owner.Loader owner ->
          allocations.entrySet().stream()
              .filter(entry -> entry.getKey().owner().equals(owner))
              .map(entry -> entry.getValue().host().plus(frames.offset()))
              .toList();
    };
  }

  private void page(EptImage.Kind kind, Hpa host, Bytes bytes) throws BuildException {
    if (pages.put(host, new EptImage.Page(kind, bytes)) != null) {
      throw new BuildException("two contents for the frame at " + host);
    }
  }

  private static Bytes bytes(long[] entries) {
    ByteBuffer page = ByteBuffer.allocate((int) FRAME).order(ByteOrder.LITTLE_ENDIAN);
    page.asLongBuffer().put(entries);
    return Bytes.of(page.array());
  }
}
