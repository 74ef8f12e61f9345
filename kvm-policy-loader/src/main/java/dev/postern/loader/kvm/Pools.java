package dev.postern.loader.kvm;

import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Frames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many frames a plan needs of the module, as runs the module can give contiguously. */
final class Pools {

  private static final long PAGE = 4096;

  private Pools() {}

  /** For code and private state: each owner's run must lie within one of these. */
  static List<Integer> loaderPages(InstallPlan plan) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (InstallPlan.Source source : plan.sources()) {
      for (InstallPlan.Hierarchy view : source.views()) {
        for (InstallPlan.Run run : view.runs()) {
          if (run.frames().owner() instanceof Frames.Owner.Loader owner) {
            for (int vcpu = 0; vcpu < (run.perVcpu() ? source.vcpus() : 1); vcpu++) {
              sizes.merge(vcpu + " " + owner, run.frames().offset() + run.size(), Math::max);
            }
          }
        }
      }
    }
    return runs(sizes.values().stream().mapToLong(size -> size / PAGE).sum());
  }

  /** For tables and lists: never too few; what is left over maps nothing. */
  static List<Integer> tablePages(InstallPlan plan) {
    long pages = 0;
    for (InstallPlan.Source source : plan.sources()) {
      boolean perVcpu = source.views().stream().anyMatch(InstallPlan.Hierarchy::perVcpu);
      pages += perVcpu ? source.vcpus() : 1;
      for (InstallPlan.Hierarchy view : source.views()) {
        long tables = 1;
        for (InstallPlan.Run run : view.runs()) {
          for (int shift = 39; shift > run.pageSize().shift(); shift -= 9) {
            long first = run.gpa().value() >>> shift;
            long last = run.gpa().value() + run.size() - 1 >>> shift;
            tables += last - first + 1;
          }
        }
        pages += tables * (view.perVcpu() ? source.vcpus() : 1);
      }
    }
    return runs(pages);
  }

  private static List<Integer> runs(long pages) {
    List<Integer> runs = new ArrayList<>();
    for (long rest = pages; rest > 0; rest -= Abi.MAX_ALLOC) {
      runs.add((int) Math.min(rest, Abi.MAX_ALLOC));
    }
    return runs;
  }
}
