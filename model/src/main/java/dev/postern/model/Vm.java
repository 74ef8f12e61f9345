package dev.postern.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A virtual machine: a source of calls, a destination of them, or both.
 *
 * @param vcpus number of virtual processors, 1..4096
 * @param memory memory slots, disjoint in GPA
 * @param lock the lock, for a source
 * @param controls the VMCS profile, for a source
 * @param approvals what the KVM-approved set holds of this VM's memory
 * @param aliases further mappings of frames into this VM, as an existing system may have them
 */
public record Vm(
    Location at,
    String name,
    boolean source,
    boolean destination,
    int vcpus,
    List<Memory> memory,
    Lock lock,
    Controls controls,
    List<Approval> approvals,
    List<Alias> aliases) {

  /** What kind of frames a region has (O-43). */
  public enum Kind {
    RAM,
    /** Device memory, the APIC-access page and the like: never a window. */
    SPECIAL
  }

  /**
   * A memory slot.
   *
   * @param host fixed host-physical address, for statically partitioned hosts
   */
  public record Memory(
      Location at,
      String name,
      Gpa gpa,
      long size,
      PageSize pageSize,
      Optional<Hpa> host,
      Kind kind,
      boolean dirtyLogged) {}

  /**
   * An approved range of this VM's memory: host frames {@code frames} may be reached by views of
   * {@code source}.
   *
   * @param write whether writing is approved (reading always is)
   * @param sharedWith other sources that may have write grants of the same frames
   * @param doorbell where the page is for notification and nothing else
   */
  public record Approval(
      Location at,
      String name,
      String source,
      Gpa gpa,
      long size,
      boolean write,
      PageSize pageSize,
      Frames frames,
      Set<String> sharedWith,
      Optional<Doorbell> doorbell) {

    public Approval {
      sharedWith = java.util.Collections.unmodifiableSortedSet(new java.util.TreeSet<>(sharedWith));
    }

    /** Memory that is no doorbell. */
    public Approval(
        Location at,
        String name,
        String source,
        Gpa gpa,
        long size,
        boolean write,
        PageSize pageSize,
        Frames frames,
        Set<String> sharedWith) {
      this(at, name, source, gpa, size, write, pageSize, frames, sharedWith, Optional.empty());
    }
  }

  /** {@code frames} are mapped at {@code gpa} with these permissions besides the memory slots. */
  public record Alias(Location at, Gpa gpa, Frames frames, Leaf leaf) {}

  public Vm {
    memory = List.copyOf(memory);
    approvals = List.copyOf(approvals);
    aliases = List.copyOf(aliases);
    if (vcpus < 1 || vcpus > 4096) {
      throw new IllegalArgumentException("vm " + name + ": vcpus outside 1..4096");
    }
  }
}
