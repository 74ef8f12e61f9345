package dev.postern.verifier.frame;

import dev.postern.model.Gpa;
import dev.postern.model.View;
import dev.postern.verifier.map.IntervalMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Someone who reaches frames.
 *
 * @param name as a person reads it: "view tx of fw", "vm nat", "iommu domain nic0"
 * @param machine the virtual machine, or the IOMMU domain; empty for the hypervisor
 * @param view the view, for holders that are one
 * @param reaches in the policy's order
 * @param uses by frame key
 */
public record Holder(
    String name,
    Use.Via via,
    String machine,
    Optional<View> view,
    List<Reach> reaches,
    FrameSpace space,
    IntervalMap<Use> uses) {

  public Holder {
    reaches = List.copyOf(reaches);
  }

  static Holder of(
      String name,
      Use.Via via,
      String machine,
      Optional<View> view,
      List<Reach> reaches,
      FrameSpace space) {
    IntervalMap.Builder<Use> uses = IntervalMap.builder();
    for (Reach reach : reaches) {
      uses.add(space.first(reach.frames()), space.last(reach.frames()), reach.use());
    }
    return new Holder(name, via, machine, view, reaches, space, uses.buildJoining(Use::join));
  }

  /** The first reach of the frame whose own use satisfies {@code which}. */
  public Optional<Reach> reach(long key, Predicate<Use> which) {
    return reaches.stream()
        .filter(reach -> holds(reach, key) && which.test(reach.use()))
        .findFirst();
  }

  /** The first reach of the frame but for {@code other}. */
  public Optional<Reach> reachBesides(long key, Reach other) {
    return reaches.stream().filter(reach -> !reach.equals(other) && holds(reach, key)).findFirst();
  }

  /** Where the holder sees the frame, by way of {@code reach}. */
  public Gpa gpa(Reach reach, long key) {
    return reach.gpa().plus((key - space.first(reach.frames())) << 12);
  }

  private boolean holds(Reach reach, long key) {
    return Long.compareUnsigned(key - space.first(reach.frames()), reach.frames().size() >>> 12)
        < 0;
  }
}
