package dev.postern.verifier.access;

import dev.postern.model.Frames;
import dev.postern.model.Policy;
import dev.postern.model.Vm;

/**
 * One 4-KiB frame under its one name: by owner and offset, or by host-physical address where the
 * policy fixes that.
 *
 * @param owner {@code host}, {@code vm.region} or {@code loader:view.mapping}
 */
public record HostFrame(String owner, long offset) {

  /** The frame {@code into} bytes into {@code frames}. */
  static HostFrame of(Policy policy, Frames frames, long into) {
    long offset = (frames.offset() + into) & -4096L;
    if (frames.owner() instanceof Frames.Owner.Memory(String vm, String region)) {
      for (Vm machine : policy.vms()) {
        for (Vm.Memory memory : machine.memory()) {
          if (machine.name().equals(vm)
              && memory.name().equals(region)
              && memory.host().isPresent()) {
            return new HostFrame("host", memory.host().get().value() + offset);
          }
        }
      }
    }
    return new HostFrame(frames.owner().toString(), offset);
  }

  /** Whether it is one of {@code frames}. */
  boolean in(Policy policy, Frames frames) {
    HostFrame first = of(policy, frames, 0);
    return owner.equals(first.owner)
        && Long.compareUnsigned(offset - first.offset, frames.size()) < 0;
  }

  @Override
  public String toString() {
    return owner.equals("host")
        ? "host 0x" + Long.toHexString(offset)
        : owner + "+0x" + Long.toHexString(offset);
  }
}
