package dev.postern.loader.kvm;

import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Frames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which pieces of machines' memory a plan needs, each page once: where several mappings share
 * pages, they are written if any of them writes.
 */
final class Pins {

  /** Pages of a region that are pinned alike. */
  record Piece(String vm, String region, long offset, long size, boolean write) {}

  private Pins() {}

  static List<Piece> of(InstallPlan plan) {
    Map<Frames.Owner.Memory, List<InstallPlan.Run>> owners =
        new TreeMap<>(
            java.util.Comparator.comparing(Frames.Owner.Memory::vm)
                .thenComparing(Frames.Owner.Memory::region));
    for (InstallPlan.Source source : plan.sources()) {
      for (InstallPlan.Hierarchy view : source.views()) {
        for (InstallPlan.Run run : view.runs()) {
          if (run.frames().owner() instanceof Frames.Owner.Memory memory) {
            owners.computeIfAbsent(memory, _ -> new ArrayList<>()).add(run);
          }
        }
      }
    }
    List<Piece> pieces = new ArrayList<>();
    owners.forEach((owner, runs) -> pieces(owner, runs, pieces));
    return pieces;
  }

  private static void pieces(
      Frames.Owner.Memory owner, List<InstallPlan.Run> runs, List<Piece> pieces) {
    TreeSet<Long> cuts = new TreeSet<>();
    for (InstallPlan.Run run : runs) {
      cuts.add(run.frames().offset());
      cuts.add(run.frames().offset() + run.size());
    }
    long from = cuts.first();
    for (long to : cuts.tailSet(from, false)) {
      long at = from;
      List<InstallPlan.Run> here =
          runs.stream()
              .filter(run -> run.frames().offset() <= at && at < run.frames().offset() + run.size())
              .toList();
      if (!here.isEmpty()) {
        boolean write = here.stream().anyMatch(run -> run.leaf().write());
        pieces.add(new Piece(owner.vm(), owner.region(), from, to - from, write));
      }
      from = to;
    }
  }
}
