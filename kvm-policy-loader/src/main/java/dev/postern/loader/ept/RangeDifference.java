package dev.postern.loader.ept;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The first place where two translations of the guest-physical space differ, and in what. */
final class RangeDifference {

  private RangeDifference() {}

  /** Sweeps both, which are sorted; empty where they translate everything alike. */
  static Optional<String> first(List<EptWalker.Range> planned, List<EptWalker.Range> found) {
    int p = 0;
    int f = 0;
    long at = 0;
    while (p < planned.size() || f < found.size()) {
      Optional<EptWalker.Range> plan = from(planned, p);
      Optional<EptWalker.Range> find = from(found, f);
      at = Math.max(at, Math.min(start(plan), start(find)));
      long until = Math.min(next(plan, at), next(find, at));
      Optional<String> difference = at(at, covering(plan, at), covering(find, at));
      if (difference.isPresent()) {
        return difference;
      }
      at = until;
      if (plan.isPresent() && end(plan.get()) <= at) {
        p++;
      }
      if (find.isPresent() && end(find.get()) <= at) {
        f++;
      }
    }
    return Optional.empty();
  }

  private static Optional<EptWalker.Range> from(List<EptWalker.Range> ranges, int index) {
    return index < ranges.size() ? Optional.of(ranges.get(index)) : Optional.empty();
  }

  private static long end(EptWalker.Range range) {
    return range.gpa() + range.size();
  }

  private static long start(Optional<EptWalker.Range> range) {
    return range.map(EptWalker.Range::gpa).orElse(Long.MAX_VALUE);
  }

  /** The next address behind {@code at} where {@code range} begins or ends. */
  private static long next(Optional<EptWalker.Range> range, long at) {
    return range.map(r -> r.gpa() > at ? r.gpa() : end(r)).orElse(Long.MAX_VALUE);
  }

  private static Optional<EptWalker.Range> covering(Optional<EptWalker.Range> range, long at) {
    return range.filter(r -> r.gpa() <= at && at < end(r));
  }

  private static Optional<String> at(
      long gpa, Optional<EptWalker.Range> planned, Optional<EptWalker.Range> found) {
    if (planned.isEmpty() || found.isEmpty()) {
      return planned.isPresent()
          ? Optional.of(ByteRules.hex(gpa) + ": planned, and nothing is mapped")
          : found.map(_ -> ByteRules.hex(gpa) + ": mapped, and nothing is planned");
    }
    List<String> fields = fields(gpa, planned.get(), found.get());
    return fields.isEmpty()
        ? Optional.empty()
        : Optional.of(ByteRules.hex(gpa) + ": " + String.join("; ", fields));
  }

  private static List<String> fields(long gpa, EptWalker.Range p, EptWalker.Range f) {
    List<String> fields = new ArrayList<>();
    field(
        "frame",
        ByteRules.hex(p.frame() + gpa - p.gpa()),
        ByteRules.hex(f.frame() + gpa - f.gpa()),
        fields);
    field("page size", ByteRules.hex(p.leafSize()), ByteRules.hex(f.leafSize()), fields);
    field("read", p.read(), f.read(), fields);
    field("write", p.write(), f.write(), fields);
    field("execute", p.execute(), f.execute(), fields);
    field("user execute", p.user(), f.user(), fields);
    field("memory type", p.memoryType(), f.memoryType(), fields);
    field("ignore PAT", p.ignorePat(), f.ignorePat(), fields);
    field("accessed", p.accessed(), f.accessed(), fields);
    field("dirty", p.dirty(), f.dirty(), fields);
    field("verify guest paging", p.verifyGuestPaging(), f.verifyGuestPaging(), fields);
    field("paging write", p.pagingWrite(), f.pagingWrite(), fields);
    field("shadow stack", p.supervisorShadowStack(), f.supervisorShadowStack(), fields);
    field("sub-page write", p.subPageWrite(), f.subPageWrite(), fields);
    field("suppress #VE", p.suppressVe(), f.suppressVe(), fields);
    return fields;
  }

  private static void field(String name, Object planned, Object found, List<String> fields) {
    if (!planned.equals(found)) {
      fields.add(name + " planned " + planned + ", found " + found);
    }
  }
}
