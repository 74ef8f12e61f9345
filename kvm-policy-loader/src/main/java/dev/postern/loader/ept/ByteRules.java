package dev.postern.loader.ept;

import dev.postern.loader.host.Approved;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Four rules of the catalogue decided a second time, on the bytes of an image and without a solver:
 * by intervals, over all of the guest-physical space, from nothing but what a processor would find.
 * They do not ask whether the image is the plan ({@link ImageComparer} does), so a plan that is
 * wrong is caught as well.
 */
public final class ByteRules {

  /** A rule that does not hold, by its id in the catalogue. */
  public record Violation(String rule, String detail) {}

  private static final int SLOTS = 512;
  private static final long FRAME = 4096;
  private static final long ROOT = 0x000f_ffff_ffff_f000L;

  private final EptImage image;
  private final InstallPlan plan;
  private final FrameMap frames;
  private final Approved approved;
  private final List<Violation> violations = new ArrayList<>();
  private final Map<Long, EptWalker.Walk> walks = new HashMap<>();

  private ByteRules(EptImage image, InstallPlan plan, FrameMap frames, Approved approved) {
    this.image = image;
    this.plan = plan;
    this.frames = frames;
    this.approved = approved;
  }

  /**
   * Every violation in {@code image}; of the plan only the indices of views, the processor's width
   * and what entries that map nothing look like are taken.
   *
   * @param approved what views may reach of other machines
   */
  public static List<Violation> decide(
      EptImage image, InstallPlan plan, FrameMap frames, Approved approved) {
    ByteRules rules = new ByteRules(image, plan, frames, approved);
    for (EptImage.EptpList list : image.lists()) {
      plan.sources().stream()
          .filter(source -> source.vm().equals(list.vm()))
          .findFirst()
          .ifPresentOrElse(
              source -> rules.list(list, source),
              () -> rules.violate("eptp-list-exact", "a list for " + list.vm() + ", no source"));
    }
    rules.unshared();
    return List.copyOf(rules.violations);
  }

  private void list(EptImage.EptpList list, InstallPlan.Source source) {
    Optional<long[]> slots = words(list.host().value());
    if (slots.isEmpty()) {
      violate("eptp-list-exact", "list page " + list.host() + " is not in the image");
      return;
    }
    Map<Integer, InstallPlan.Hierarchy> views = new TreeMap<>();
    source.views().forEach(view -> views.put(view.index(), view));
    Map<Long, Integer> roots = new HashMap<>();
    for (int i = 0; i < SLOTS; i++) {
      long eptp = slots.get()[i];
      InstallPlan.Hierarchy view = views.get(i);
      String slot = "slot " + i + " of vCPU " + list.firstVcpu() + " of " + list.vm();
      if (view == null) {
        // O-13: a slot nobody declared is one no processor accepts; 0 is (H11).
        if (eptp != 0) {
          violate("eptp-list-exact", slot + " is undeclared and holds " + hex(eptp));
        }
        continue;
      }
      // O-28: two slots that name one root would be told apart by nothing.
      Integer other = roots.put(eptp & ROOT, i);
      if (other != null) {
        violate("eptp-list-exact", slot + " has the root of slot " + other);
      }
      hierarchy(source, view, eptp, slot);
    }
  }

  private void hierarchy(
      InstallPlan.Source source, InstallPlan.Hierarchy view, long eptp, String slot) {
    EptWalker.Walk walk =
        walks.computeIfAbsent(
            eptp,
            pointer ->
                EptWalker.walk(
                    pointer,
                    this::words,
                    plan.physicalAddressWidth(),
                    source.modeBasedExecute(),
                    view.suppressVeAbsent()));
    walk.faults().forEach(fault -> violate("ept-well-formed", slot + ": " + fault));
    if (view.index() == 0) {
      return;
    }
    List<Reach> reach = reach(source.vm());
    for (EptWalker.Range range : walk.ranges()) {
      boolean writes = range.write() || range.subPageWrite() || range.supervisorShadowStack();
      boolean executes = range.execute() || range.user();
      if (executes && range.leafSize() != FRAME) {
        violate("ept-well-formed", slot + ": executable large page at " + hex(range.gpa()));
      }
      long bad = firstOutside(range, writes, executes, reach);
      if (bad >= 0) {
        violate(
            "destination-approved",
            slot
                + ": "
                + (executes ? "executable " : writes ? "writable " : "readable ")
                + hex(range.gpa() + bad)
                + " is host frame "
                + hex(range.frame() + bad)
                + ", which is not approved for that");
      }
    }
  }

  /** Host memory a view of some source may have. */
  private record Reach(long host, long end, boolean write, boolean execute) {}

  private List<Reach> reach(String source) {
    List<Reach> reach = new ArrayList<>();
    image
        .allocations()
        .forEach(own ->
            reach.add(new Reach(own.host().value(), own.host().value() + own.size(), true, true)));
    for (InstallPlan.Content content : plan.contents()) {
      if (content.frames().owner() instanceof Frames.Owner.Host) {
        Frames run = content.frames();
        reach.add(new Reach(run.offset(), run.offset() + run.size(), false, true));
      }
    }
    for (FrameMap.Region region : frames.regions()) {
      if (region.vm().equals(source)) {
        reach.add(new Reach(region.extent().host().value(), region.extent().end(), true, false));
      }
    }
    for (Approved.Grant grant : approved.grants()) {
      if (grant.source().equals(source)) {
        granted(grant, reach);
      }
    }
    return reach;
  }

  private void granted(Approved.Grant grant, List<Reach> reach) {
    Frames run = grant.frames();
    switch (run.owner()) {
      case Frames.Owner.Host() ->
          reach.add(new Reach(run.offset(), run.offset() + run.size(), grant.write(), false));
      case Frames.Owner.Memory(String vm, String name) -> {
        for (FrameMap.Region piece : frames.regions()) {
          long from = Math.max(run.offset(), piece.offset());
          long to = Math.min(run.offset() + run.size(), piece.offset() + piece.extent().size());
          if (piece.vm().equals(vm) && piece.region().equals(name) && from < to) {
            long host = piece.extent().host().value() + from - piece.offset();
            reach.add(new Reach(host, host + to - from, grant.write(), false));
          }
        }
      }
      case Frames.Owner.Loader _ -> {
        // Nobody grants the loader's frames: Approved does not read such a grant.
      }
    }
  }

  /** How far into {@code range} the first byte is that nothing permits; negative if none is. */
  private static long firstOutside(
      EptWalker.Range range, boolean writes, boolean executes, List<Reach> reach) {
    long at = range.frame();
    long end = range.frame() + range.size();
    boolean progress = true;
    while (at < end && progress) {
      progress = false;
      for (Reach piece : reach) {
        if (piece.host <= at
            && at < piece.end
            && (piece.write || !writes)
            && (piece.execute || !executes)) {
          at = piece.end;
          progress = true;
        }
      }
    }
    return at < end ? at - range.frame() : -1;
  }

  /**
   * O-27: no table in two hierarchies. O-34: no hierarchy, the default view included, maps a table
   * or a list.
   */
  private void unshared() {
    Map<Long, Long> owner = new HashMap<>();
    Set<Long> control = new HashSet<>();
    image
        .pages()
        .forEach((host, page) -> {
          if (page.kind() != EptImage.Kind.CONTENT) {
            control.add(host.value());
          }
        });
    walks.forEach((eptp, walk) -> {
      for (long table : walk.tables()) {
        Long other = owner.putIfAbsent(table, eptp);
        if (other != null) {
          violate(
              "table-frames-unshared",
              "table " + hex(table) + " is in the hierarchies " + hex(other) + " and " + hex(eptp));
        }
      }
    });
    walks.forEach((eptp, walk) -> {
      for (EptWalker.Range range : walk.ranges()) {
        for (long frame : control) {
          if (range.frame() <= frame && frame < range.frame() + range.size()) {
            violate(
                "control-frames-unreachable",
                "hierarchy "
                    + hex(eptp)
                    + " maps the control frame "
                    + hex(frame)
                    + " at "
                    + hex(range.gpa() + frame - range.frame()));
          }
        }
      }
    });
  }

  private Optional<long[]> words(long host) {
    EptImage.Page page = image.pages().get(new Hpa(host));
    if (page == null || page.kind() == EptImage.Kind.CONTENT) {
      return Optional.empty();
    }
    long[] words = new long[SLOTS];
    ByteBuffer.wrap(page.bytes().toArray())
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    return Optional.of(words);
  }

  /** The rule and what breaks it, as other refusals are written. */
  private void violate(String rule, String detail) {
    violations.add(new Violation(rule, detail));
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** What pages of code hold, by host address: for the scan of executable ranges. */
  static Optional<Bytes> content(EptImage image, long host) {
    EptImage.Page page = image.pages().get(new Hpa(host));
    return page == null || page.kind() != EptImage.Kind.CONTENT
        ? Optional.empty()
        : Optional.of(page.bytes());
  }
}
