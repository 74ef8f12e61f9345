package dev.postern.loader.ept;

import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.Leaf;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/** Random plans with all leaf sizes and bits, several views and vCPUs, and a host with room. */
final class RandomHost {

  private static final long GIB = 1L << 30;
  private static final MemoryType[] TYPES = {
    MemoryType.UC, MemoryType.WC, MemoryType.WT, MemoryType.WP, MemoryType.WB
  };

  private final Random random;
  private final Map<Frames, InstallPlan.Content> contents = new LinkedHashMap<>();

  RandomHost(long seed) {
    this.random = new Random(seed);
  }

  InstallPlan plan() {
    List<InstallPlan.Source> sources = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(2); i++) {
      boolean modeBasedExecute = random.nextBoolean();
      TreeSet<Integer> indexes = new TreeSet<>(List.of(0));
      for (int views = random.nextInt(3); views > 0; views--) {
        indexes.add(random.nextInt(512));
      }
      List<InstallPlan.Hierarchy> views = new ArrayList<>();
      for (int index : indexes) {
        views.add(view("v" + i + "-" + index, index));
      }
      sources.add(new InstallPlan.Source("vm" + i, 1 + random.nextInt(3), modeBasedExecute, views));
    }
    return new InstallPlan(
        "random", 1, "0".repeat(64), 46, sources, List.copyOf(contents.values()), List.of());
  }

  /** Memory in two pieces per machine, contiguous in neither order. */
  FrameMap frames() {
    List<FrameMap.Region> regions = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      for (int piece = 0; piece < 2; piece++) {
        Hpa host = new Hpa((20 + 20L * i - 10L * piece) * GIB);
        regions.add(
            new FrameMap.Region(
                "vm" + i, "ram", 4 * GIB * piece, new FrameMap.Extent(host, 4 * GIB)));
      }
    }
    return new FrameMap(
        regions,
        List.of(
            new FrameMap.Extent(new Hpa(1L << 20), 1L << 16),
            new FrameMap.Extent(new Hpa(1L << 40), 1L << 39)),
        List.of(
            new FrameMap.Extent(new Hpa(4L << 20), 1L << 14),
            new FrameMap.Extent(new Hpa(8L << 20), 8L << 20)));
  }

  private InstallPlan.Hierarchy view(String name, int index) {
    List<InstallPlan.Run> runs = new ArrayList<>();
    long gpa = random.nextInt(4) * 4096L;
    for (int i = random.nextInt(6); i > 0; i--) {
      InstallPlan.Run run = run(name, "m" + i, gpa);
      if (run.gpa().value() + run.size() > 1L << 48) {
        break;
      }
      runs.add(run);
      long gap =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 4096;
            case 2 -> GIB * random.nextInt(1000);
            default -> 4096L * random.nextInt(2000);
          };
      gpa = run.gpa().value() + run.size() + gap;
    }
    return new InstallPlan.Hierarchy(
        name,
        index,
        new Eptp(
            random.nextBoolean() ? MemoryType.WB : MemoryType.UC,
            4,
            random.nextBoolean(),
            random.nextBoolean()),
        random.nextBoolean(),
        runs);
  }

  private InstallPlan.Run run(String view, String mapping, long atLeast) {
    PageSize pageSize = PageSize.values()[random.nextInt(3)];
    long page = pageSize.bytes();
    long gpa = (atLeast + page - 1) & -page;
    long size = page * (1 + random.nextInt(pageSize == PageSize.HUGE ? 2 : 5));
    boolean own = random.nextBoolean();
    Frames frames =
        own
            ? new Frames(new Frames.Owner.Loader(view, mapping), page * random.nextInt(2), size)
            : new Frames(
                new Frames.Owner.Memory("vm" + random.nextInt(2), "ram"),
                page * random.nextInt((int) ((8 * GIB - size) / page + 1)),
                size);
    if (own && pageSize == PageSize.SMALL && random.nextBoolean()) {
      byte[] bytes = new byte[(int) size];
      random.nextBytes(bytes);
      contents.put(frames, new InstallPlan.Content(frames, Bytes.of(bytes)));
    }
    return new InstallPlan.Run(
        mapping, new Gpa(gpa), size, pageSize, frames, leaf(), own && random.nextInt(3) == 0);
  }

  private Leaf leaf() {
    boolean execute = random.nextBoolean();
    boolean read = !execute || random.nextBoolean();
    return new Leaf(
        read,
        read && random.nextBoolean(),
        execute,
        random.nextBoolean(),
        TYPES[random.nextInt(TYPES.length)],
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
  }
}
