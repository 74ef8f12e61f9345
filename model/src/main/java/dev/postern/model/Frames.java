package dev.postern.model;

/**
 * A run of host frames. Where a policy does not fix host-physical addresses, frames are known by
 * their owner and the offset in it; distinct owners have distinct frames, which the host attests at
 * load (assumption {@code frames-distinct}).
 *
 * @param owner whose frames
 * @param offset bytes from the owner's start (for {@link Owner.Host}: the HPA), page aligned
 * @param size bytes, a positive multiple of 4 KiB
 */
public record Frames(Owner owner, long offset, long size) {

  /** A space of frames; two frames are the same frame only if owner and offset are equal. */
  public sealed interface Owner {

    /** Host-physical memory by address, for statically partitioned hosts. */
    record Host() implements Owner {
      @Override
      public String toString() {
        return "host";
      }
    }

    /** A virtual machine's memory region without a fixed host address. */
    record Memory(String vm, String region) implements Owner {
      @Override
      public String toString() {
        return vm + "." + region;
      }
    }

    /**
     * Frames the loader allocates, outside all memory slots, for one mapping of a protected view: a
     * copy of code, or private state. Per-vCPU mappings have such a run for each vCPU; the model
     * shows vCPU 0's and the rule {@code private-state-private} speaks for all.
     */
    record Loader(String view, String mapping) implements Owner {
      @Override
      public String toString() {
        return "loader:" + view + "." + mapping;
      }
    }
  }

  public Frames {
    if (size <= 0 || (size | offset) % PageSize.SMALL.bytes() != 0) {
      throw new IllegalArgumentException("frames are whole 4-KiB pages");
    }
    if (Long.compareUnsigned(offset + size - 1, offset) < 0) {
      throw new IllegalArgumentException("frames run past 2^64");
    }
  }
}
