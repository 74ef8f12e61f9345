package dev.postern.loader.ept;

import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.Leaf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides on the bytes of an image whether they are the plan: for every list every slot, for every
 * hierarchy all of the guest-physical space, contents, and that no page serves two purposes or
 * none. Resolves frames by itself; of the image's own words only the allocations are taken, and
 * checked.
 */
public final class ImageComparer {

  private static final long FRAME = 4096;

  private final EptImage image;
  private final InstallPlan plan;
  private final FrameMap frames;
  private final Map<Long, long[]> words = new HashMap<>();
  private final Set<Long> accounted = new HashSet<>();
  private final List<String> differences = new ArrayList<>();

  private ImageComparer(EptImage image, InstallPlan plan, FrameMap frames) {
    this.image = image;
    this.plan = plan;
    this.frames = frames;
    image.pages().forEach((host, page) -> words.put(host.value(), words(page.bytes())));
  }

  /** Every way in which {@code image} is not {@code plan} on {@code frames}; empty if it is. */
  public static List<String> compare(EptImage image, InstallPlan plan, FrameMap frames) {
    ImageComparer comparer = new ImageComparer(image, plan, frames);
    comparer.compare();
    return List.copyOf(comparer.differences);
  }

  private void compare() {
    if (!image.planSha256().equals(Bytes.of(plan.canonical()).sha256())) {
      differ("the image names another plan");
    }
    allocations();
    int lists = 0;
    Map<String, Set<Long>> shared = new HashMap<>();
    for (InstallPlan.Source source : plan.sources()) {
      boolean perVcpu = source.views().stream().anyMatch(InstallPlan.Hierarchy::perVcpu);
      for (int vcpu = 0; vcpu < (perVcpu ? source.vcpus() : 1); vcpu++) {
        EptImage.EptpList expected =
            new EptImage.EptpList(source.vm(), vcpu, perVcpu ? 1 : source.vcpus(), new Hpa(0));
        Optional<EptImage.EptpList> list =
            image.lists().stream()
                .filter(l ->
                    new EptImage.EptpList(l.vm(), l.firstVcpu(), l.vcpus(), new Hpa(0))
                        .equals(expected))
                .findFirst();
        if (list.isEmpty()) {
          differ("no list for vCPU " + vcpu + " of " + source.vm());
        } else {
          lists++;
          list(source, vcpu, list.get().host(), shared);
        }
      }
    }
    if (lists != image.lists().size()) {
      differ("a list that no source VM uses");
    }
    contents();
    requireMembersOfPools();
    if (!accounted.equals(words.keySet())) {
      differ("a page of the image that nothing reaches");
    }
  }

  private void list(InstallPlan.Source source, int vcpu, Hpa host, Map<String, Set<Long>> shared) {
    long[] slots = words.get(host.value());
    if (slots == null) {
      differ("list page " + host + " is not in the image");
      return;
    }
    account(host.value(), "list page");
    InstallPlan.Hierarchy[] expected = new InstallPlan.Hierarchy[512];
    source.views().forEach(view -> expected[view.index()] = view);
    for (int i = 0; i < 512; i++) {
      InstallPlan.Hierarchy view = expected[i];
      String slot = "slot " + i + " of vCPU " + vcpu + " of " + source.vm();
      if (view == null) {
        if (slots[i] != 0) {
          differ(slot + " is unused but holds 0x" + Long.toHexString(slots[i]));
        }
      } else if ((slots[i] & 0xfff) != eptpFields(view)) {
        differ(slot + " has EPT pointer fields 0x" + Long.toHexString(slots[i] & 0xfff));
      } else {
        hierarchy(source, view, vcpu, slots[i], shared);
      }
    }
  }

  /** Bits 11:0 of an EPT pointer, SDM §24.6.11. */
  private static long eptpFields(InstallPlan.Hierarchy view) {
    return view.eptp().memoryType().encoding()
        + 8L * (view.eptp().walkLength() - 1)
        + (view.eptp().accessedDirty() ? 0x40 : 0)
        + (view.eptp().shadowStack() ? 0x80 : 0);
  }

  private void hierarchy(
      InstallPlan.Source source,
      InstallPlan.Hierarchy view,
      int vcpu,
      long eptp,
      Map<String, Set<Long>> shared) {
    EptWalker.Walk walk =
        EptWalker.walk(
            eptp,
            host -> Optional.ofNullable(words.get(host)),
            plan.physicalAddressWidth(),
            source.modeBasedExecute(),
            view.suppressVeAbsent());
    String name = "view " + view.view() + " of vCPU " + vcpu + " of " + source.vm();
    walk.faults().forEach(fault -> differ(name + ": " + fault));
    for (EptWalker.Range range : walk.ranges()) {
      if (meets(frames.tables(), range.frame(), range.size())) {
        differ(name + ": maps frames of the pool of tables at 0x" + Long.toHexString(range.gpa()));
      }
    }
    List<EptWalker.Range> expected = expected(view, vcpu);
    RangeDifference.first(expected, walk.ranges())
        .ifPresent(difference -> differ(name + ": " + difference));
    // A view without per-vCPU frames is one hierarchy in all lists of its VM, and in no other.
    Set<Long> before = shared.get(source.vm() + "/" + view.index());
    if (view.perVcpu() || before == null) {
      walk.tables().forEach(table -> account(table, "table of " + name));
      shared.put(source.vm() + "/" + view.index(), walk.tables());
    } else if (!before.equals(walk.tables())) {
      differ(name + ": not the hierarchy of the other vCPUs");
    }
  }

  private List<EptWalker.Range> expected(InstallPlan.Hierarchy view, int vcpu) {
    List<EptWalker.Range> ranges = new ArrayList<>();
    for (InstallPlan.Run run : view.runs()) {
      long at = 0;
      while (at < run.size()) {
        Optional<FrameMap.Extent> piece =
            resolve(run.frames(), run.frames().offset() + at, run.size() - at, vcpu, run);
        if (piece.isEmpty()) {
          differ("mapping " + run.mapping() + ": its frames are nowhere");
          return ranges;
        }
        EptWalker.Range next =
            range(run, run.gpa().value() + at, piece.get().size(), piece.get().host().value());
        Optional<EptWalker.Range> joined =
            ranges.isEmpty() ? Optional.empty() : ranges.getLast().join(next);
        if (joined.isPresent()) {
          ranges.set(ranges.size() - 1, joined.get());
        } else {
          ranges.add(next);
        }
        at += piece.get().size();
      }
    }
    return ranges;
  }

  private static EptWalker.Range range(InstallPlan.Run run, long gpa, long size, long frame) {
    Leaf leaf = run.leaf();
    return new EptWalker.Range(
        gpa,
        size,
        frame,
        run.pageSize().bytes(),
        leaf.read(),
        leaf.write(),
        leaf.execute(),
        leaf.userExecute(),
        leaf.memoryType().encoding(),
        leaf.ignorePat(),
        leaf.accessed(),
        leaf.dirty(),
        leaf.verifyGuestPaging(),
        leaf.pagingWrite(),
        leaf.supervisorShadowStack(),
        leaf.subPageWrite(),
        leaf.suppressVe());
  }

  /**
   * The longest contiguous host memory from {@code offset} of an owner on, at most {@code size}.
   */
  private Optional<FrameMap.Extent> resolve(
      Frames run, long offset, long size, int vcpu, InstallPlan.Run mapping) {
    return switch (run.owner()) {
      case Frames.Owner.Host() -> Optional.of(new FrameMap.Extent(new Hpa(offset), size));
      case Frames.Owner.Memory(String vm, String region) ->
          frames.regions().stream()
              .filter(piece -> piece.vm().equals(vm) && piece.region().equals(region))
              .filter(piece ->
                  piece.offset() <= offset && offset < piece.offset() + piece.extent().size())
              .map(piece -> part(piece.extent(), offset - piece.offset(), size))
              .findFirst();
      case Frames.Owner.Loader(String view, String name) ->
          image.allocations().stream()
              .filter(own -> own.view().equals(view) && own.mapping().equals(name))
              .filter(own -> own.vcpu() == (mapping.perVcpu() ? vcpu : 0) && offset < own.size())
              .map(own -> part(new FrameMap.Extent(own.host(), own.size()), offset, size))
              .findFirst();
    };
  }

  private static FrameMap.Extent part(FrameMap.Extent extent, long from, long size) {
    return new FrameMap.Extent(extent.host().plus(from), Math.min(size, extent.size() - from));
  }

  /** The loader's runs lie in its pool, apart from each other. */
  private void allocations() {
    List<EptImage.Allocation> own = image.allocations();
    for (int i = 0; i < own.size(); i++) {
      EptImage.Allocation one = own.get(i);
      if (!within(frames.loader(), one.host().value(), one.size())) {
        differ("allocation " + one.host() + " is outside the loader's pool");
      }
      for (EptImage.Allocation other : own.subList(0, i)) {
        if (one.host().value() < other.host().value() + other.size()
            && other.host().value() < one.host().value() + one.size()) {
          differ("allocations " + other.host() + " and " + one.host() + " overlap");
        }
      }
    }
  }

  private void contents() {
    for (InstallPlan.Content content : plan.contents()) {
      byte[] bytes = content.bytes().toArray();
      for (Hpa start : starts(content.frames())) {
        for (int at = 0; at < bytes.length; at += (int) FRAME) {
          long host = start.value() + at;
          EptImage.Page page = image.pages().get(new Hpa(host));
          if (page == null || !page.bytes().equals(content.bytes().slice(at, at + (int) FRAME))) {
            differ("frame 0x" + Long.toHexString(host) + " does not hold its content");
          } else {
            account(host, "content");
          }
        }
      }
    }
  }

  private List<Hpa> starts(Frames run) {
    return switch (run.owner()) {
      case Frames.Owner.Host() -> List.of(new Hpa(run.offset()));
      case Frames.Owner.Memory _ -> List.of();
      case Frames.Owner.Loader(String view, String name) ->
          image.allocations().stream()
              .filter(own -> own.view().equals(view) && own.mapping().equals(name))
              .map(own -> own.host().plus(run.offset()))
              .toList();
    };
  }

  /** Tables and lists stand in their pool, which no mapping reaches (O-34). */
  private void requireMembersOfPools() {
    image
        .pages()
        .forEach((host, page) -> {
          boolean control = page.kind() != EptImage.Kind.CONTENT;
          if (control && !within(frames.tables(), host.value(), FRAME)) {
            differ("page " + host + " is outside the pool of tables");
          }
        });
  }

  private static boolean within(List<FrameMap.Extent> pool, long host, long size) {
    return pool.stream()
        .anyMatch(extent -> extent.host().value() <= host && host + size <= extent.end());
  }

  private static boolean meets(List<FrameMap.Extent> pool, long host, long size) {
    return pool.stream()
        .anyMatch(extent -> extent.host().value() < host + size && host < extent.end());
  }

  private void account(long host, String purpose) {
    if (words.containsKey(host) && !accounted.add(host)) {
      differ(purpose + " 0x" + Long.toHexString(host) + " serves two purposes");
    }
  }

  private void differ(String difference) {
    differences.add(difference);
  }

  private static long[] words(Bytes page) {
    long[] words = new long[512];
    ByteBuffer.wrap(page.toArray()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    return words;
  }
}
