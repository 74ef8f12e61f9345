package dev.postern.verifier.frame;

import dev.postern.model.Frames;
import dev.postern.model.Frames.Owner;
import dev.postern.model.Hpa;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All frames of a policy as unsigned 64-bit keys: equal keys are the same frame, and a run of
 * frames is a run of keys. Host-physical memory comes first, by frame number; each other owner
 * follows with as many frames as the policy mentions of it (assumption {@code frames-distinct}). A
 * region with a fixed host address is host-physical memory, also where frames still go by the
 * region's name.
 */
public final class FrameSpace {

  /** Frame numbers of host-physical memory: 2^52 frames cover every 64-bit address. */
  private static final long HOST_FRAMES = 1L << 52;

  private static final Owner HOST = new Owner.Host();

  private final Map<Owner, Hpa> fixed;
  private final Map<Owner, Long> base = new HashMap<>();
  private final NavigableMap<Long, Owner> ownerAt = new TreeMap<>(Long::compareUnsigned);

  private FrameSpace(Map<Owner, Hpa> fixed, Map<Owner, Long> extents) {
    this.fixed = fixed;
    place(HOST, 0);
    long next = HOST_FRAMES;
    List<Owner> owners =
        extents.keySet().stream()
            .filter(owner -> !owner.equals(HOST))
            .sorted(Comparator.comparing(Owner::toString))
            .toList();
    for (Owner owner : owners) {
      place(owner, next);
      next += extents.getOrDefault(owner, 0L);
      if (Long.compareUnsigned(next, HOST_FRAMES) < 0) {
        throw new IllegalArgumentException("the policy's frames do not fit 2^64 keys");
      }
    }
  }

  private void place(Owner owner, long first) {
    base.put(owner, first);
    ownerAt.put(first, owner);
  }

  /** The space of every frame that {@code policy} mentions. */
  public static FrameSpace of(Policy policy) {
    Map<Owner, Hpa> fixed = new HashMap<>();
    for (Vm vm : policy.vms()) {
      for (Vm.Memory memory : vm.memory()) {
        memory.host().ifPresent(hpa -> fixed.put(new Owner.Memory(vm.name(), memory.name()), hpa));
      }
    }
    Map<Owner, Long> extents = new HashMap<>();
    mentioned(policy)
        .map(frames -> hosted(frames, fixed))
        .forEach(frames -> extents.merge(frames.owner(), end(frames), FrameSpace::later));
    return new FrameSpace(fixed, extents);
  }

  private static Stream<Frames> mentioned(Policy policy) {
    return Stream.of(
            policy.views().stream().flatMap(v -> v.mappings().stream()).map(m -> m.frames()),
            policy.vms().stream().flatMap(vm -> vm.memory().stream().map(m -> slot(vm, m))),
            policy.vms().stream().flatMap(vm -> vm.approvals().stream()).map(a -> a.frames()),
            policy.vms().stream().flatMap(vm -> vm.aliases().stream()).map(a -> a.frames()),
            policy.dmaDomains().stream().flatMap(domain -> domain.frames().stream()),
            policy.controlRegions().stream().map(region -> region.frames()))
        .flatMap(frames -> frames);
  }

  /** The frames behind a memory slot. */
  public static Frames slot(Vm vm, Vm.Memory memory) {
    return new Frames(new Owner.Memory(vm.name(), memory.name()), 0, memory.size());
  }

  private static Frames hosted(Frames frames, Map<Owner, Hpa> fixed) {
    Hpa host = fixed.get(frames.owner());
    return host == null ? frames : new Frames(HOST, host.value() + frames.offset(), frames.size());
  }

  private static long end(Frames frames) {
    return ((frames.offset() + frames.size() - 1) >>> 12) + 1;
  }

  private static long later(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** Key of the first frame. */
  public long first(Frames frames) {
    Frames hosted = hosted(frames, fixed);
    Long start = base.get(hosted.owner());
    if (start == null) {
      throw new IllegalArgumentException("frames of an owner outside the policy: " + frames);
    }
    return start + (hosted.offset() >>> 12);
  }

  /** Key of the last frame. */
  public long last(Frames frames) {
    return first(frames) + (frames.size() >>> 12) - 1;
  }

  /** Key of the frame at a host-physical address. */
  public long key(Hpa address) {
    return address.value() >>> 12;
  }

  /** Whose frame it is. */
  public Owner owner(long key) {
    return ownerAt.floorEntry(key).getValue();
  }

  /** The frame's offset in its owner; the host-physical address of host memory. */
  public long offset(long key) {
    return (key - ownerAt.floorEntry(key).getKey()) << 12;
  }

  /** One frame as a person reads it: {@code nat.ram+0x3f000000} or {@code host 0x1000}. */
  public String text(long key) {
    String offset = "0x" + Long.toHexString(offset(key));
    return owner(key).equals(HOST) ? "host " + offset : owner(key) + "+" + offset;
  }
}
