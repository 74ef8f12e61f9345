package dev.postern.bench.ept;

import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.ept.ImageFile;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.Leaf;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import java.util.ArrayList;
import java.util.List;

/** Prints a line for each image; the columns are read by nobody else. */
final class EptBench {

  private static final long GIB = 1L << 30;
  private static final long PAGE = 4096;

  /** Read and write, write-back, PAT ignored, #VE suppressed. */
  private static final Leaf DATA =
      new Leaf(
          true,
          true,
          false,
          false,
          MemoryType.WB,
          true,
          false,
          false,
          false,
          false,
          false,
          false,
          true);

  private EptBench() {}

  public static void main(String[] arguments) throws BuildException {
    image("warm", plan(1, GIB));
    System.out.println(
        "image                      leaves    tables   image MiB   build ms  ns/leaf"
            + "   write ms   walk+compare ms  ns/leaf");
    for (int gib = 1; gib <= 64; gib *= 4) {
      image("1 view of " + gib + " GiB", plan(1, gib * GIB));
    }
    for (int views : new int[] {8, 64, 511}) {
      image(views + " views of 32 MiB", plan(views, 32L << 20));
    }
  }

  private static void image(String name, InstallPlan plan) throws BuildException {
    FrameMap frames =
        new FrameMap(
            List.of(
                new FrameMap.Region(
                    "vm", "ram", 0, new FrameMap.Extent(new Hpa(1L << 38), 64 * GIB))),
            List.of(new FrameMap.Extent(new Hpa(1L << 36), 1L << 20)),
            List.of(new FrameMap.Extent(new Hpa(1L << 37), 4 * GIB)));
    long leaves = 0;
    for (InstallPlan.Hierarchy view : plan.sources().getFirst().views()) {
      for (InstallPlan.Run run : view.runs()) {
        leaves += run.size() / PAGE;
      }
    }
    long start = System.nanoTime();
    EptImage image = EptBuilder.build(plan, frames, "0".repeat(96));
    long built = System.nanoTime();
    long bytes = ImageFile.write(image).length;
    long written = System.nanoTime();
    List<String> differences = ImageComparer.compare(image, plan, frames);
    long compared = System.nanoTime();
    if (!differences.isEmpty()) {
      throw new AssertionError(differences);
    }
    if (!name.equals("warm")) {
      System.out.printf(
          "%-22s %10d  %8d  %10.1f  %9d  %7d  %9d  %16d  %7d%n",
          name,
          leaves,
          image.pages().size() - image.lists().size(),
          bytes / 1048576.0,
          (built - start) / 1_000_000,
          (built - start) / leaves,
          (written - built) / 1_000_000,
          (compared - written) / 1_000_000,
          (compared - written) / leaves);
    }
  }

  /** A default view of one page and {@code views} of {@code size} bytes each, over one memory. */
  private static InstallPlan plan(int views, long size) {
    List<InstallPlan.Hierarchy> all = new ArrayList<>();
    all.add(view(0, PAGE));
    for (int i = 1; i <= views; i++) {
      all.add(view(i, size));
    }
    return new InstallPlan(
        "bench",
        1,
        "0".repeat(64),
        46,
        List.of(new InstallPlan.Source("vm", 1, false, all)),
        List.of(),
        List.of());
  }

  private static InstallPlan.Hierarchy view(int index, long size) {
    return new InstallPlan.Hierarchy(
        "v" + index,
        index,
        Eptp.DEFAULT,
        true,
        List.of(
            new InstallPlan.Run(
                "ram",
                new Gpa(0),
                size,
                PageSize.SMALL,
                new Frames(new Frames.Owner.Memory("vm", "ram"), 0, size),
                DATA,
                false)));
  }
}
