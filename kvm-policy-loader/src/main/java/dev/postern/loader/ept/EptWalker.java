package dev.postern.loader.ept;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Walks EPT paging structures the way a processor does, from an EPT pointer down, over the whole
 * guest-physical space by intervals: an entry that maps nothing closes its interval, a leaf gives
 * one. Written from the SDM (vol. 3, tables 28-1 to 28-6, §28.2.2 and §28.2.3.1) and sharing
 * nothing with the builder; bits 57, 58, 60 and 61 as the later revisions assign them.
 */
public final class EptWalker {

  // EPT pointer, SDM §24.6.11.
  private static final long EPTP_MEMORY_TYPE = 0b111;
  private static final long EPTP_WALK_LENGTH = 0b111_000;
  private static final long EPTP_WALK_LENGTH_4 = 0b011_000;
  private static final long EPTP_RESERVED_LOW = 0xf00;
  private static final long UNCACHEABLE = 0;
  private static final long WRITE_BACK = 6;

  // Entries, SDM tables 28-1 to 28-6.
  private static final long R = 0x1;
  private static final long W = 0x2;
  private static final long X = 0x4;
  private static final long MEMORY_TYPE = 0x38;
  private static final long IGNORE_PAT = 0x40;
  private static final long LARGE = 0x80;
  private static final long ACCESSED = 0x100;
  private static final long DIRTY = 0x200;
  private static final long XU = 0x400;
  private static final long VERIFY_GUEST_PAGING = 0x0200_0000_0000_0000L;
  private static final long PAGING_WRITE = 0x0400_0000_0000_0000L;
  private static final long SUPERVISOR_SHADOW_STACK = 0x1000_0000_0000_0000L;
  private static final long SUB_PAGE_WRITE = 0x2000_0000_0000_0000L;
  private static final long SUPPRESS_VE = 0x8000_0000_0000_0000L;
  private static final long FRAME_BITS = 0x000f_ffff_ffff_f000L;

  private static final long LEAF_BITS =
      R
          | W
          | X
          | MEMORY_TYPE
          | IGNORE_PAT
          | ACCESSED
          | DIRTY
          | XU
          | VERIFY_GUEST_PAGING
          | PAGING_WRITE
          | SUPERVISOR_SHADOW_STACK
          | SUB_PAGE_WRITE
          | SUPPRESS_VE;

  /**
   * A maximal interval that translates alike: contiguous in both address spaces.
   *
   * @param leafSize bytes each leaf covers
   * @param user user-mode execute, with mode-based execute control only
   * @param memoryType the 3-bit field
   */
  public record Range(
      long gpa,
      long size,
      long frame,
      long leafSize,
      boolean read,
      boolean write,
      boolean execute,
      boolean user,
      int memoryType,
      boolean ignorePat,
      boolean accessed,
      boolean dirty,
      boolean verifyGuestPaging,
      boolean pagingWrite,
      boolean supervisorShadowStack,
      boolean subPageWrite,
      boolean suppressVe) {

    /** This range and {@code next} as one, if next continues it. */
    Optional<Range> join(Range next) {
      boolean continues =
          gpa + size == next.gpa && frame + size == next.frame && equals(next.at(gpa, size, frame));
      return continues ? Optional.of(at(gpa, size + next.size, frame)) : Optional.empty();
    }

    private Range at(long newGpa, long newSize, long newFrame) {
      return new Range(
          newGpa,
          newSize,
          newFrame,
          leafSize,
          read,
          write,
          execute,
          user,
          memoryType,
          ignorePat,
          accessed,
          dirty,
          verifyGuestPaging,
          pagingWrite,
          supervisorShadowStack,
          subPageWrite,
          suppressVe);
    }
  }

  /**
   * What a walk found.
   *
   * @param ranges sorted by GPA; everything outside them maps nothing
   * @param tables frames of the paging structures, the root included
   * @param faults what a processor would stop at, or what no plan asks for
   */
  public record Walk(List<Range> ranges, Set<Long> tables, List<String> faults) {}

  private final LongFunction<Optional<long[]>> memory;
  private final int physicalAddressWidth;
  private final boolean modeBasedExecute;
  private final boolean suppressVeAbsent;
  private final List<Range> ranges = new ArrayList<>();
  private final Set<Long> tables = new HashSet<>();
  private final List<String> faults = new ArrayList<>();

  private EptWalker(
      LongFunction<Optional<long[]>> memory,
      int physicalAddressWidth,
      boolean modeBasedExecute,
      boolean suppressVeAbsent) {
    this.memory = memory;
    this.physicalAddressWidth = physicalAddressWidth;
    this.modeBasedExecute = modeBasedExecute;
    this.suppressVeAbsent = suppressVeAbsent;
  }

  /**
   * Walks from {@code eptp}.
   *
   * @param memory the 512 words of the frame at a host-physical address, where there is one
   * @param suppressVeAbsent what bit 63 of an entry that maps nothing must be
   */
  public static Walk walk(
      long eptp,
      LongFunction<Optional<long[]>> memory,
      int physicalAddressWidth,
      boolean modeBasedExecute,
      boolean suppressVeAbsent) {
    EptWalker walker =
        new EptWalker(memory, physicalAddressWidth, modeBasedExecute, suppressVeAbsent);
    walker.root(eptp);
    return new Walk(
        List.copyOf(walker.ranges), Set.copyOf(walker.tables), List.copyOf(walker.faults));
  }

  private void root(long eptp) {
    long type = eptp & EPTP_MEMORY_TYPE;
    if (type != UNCACHEABLE && type != WRITE_BACK) {
      fault("EPT pointer: memory type " + type);
    }
    if ((eptp & EPTP_WALK_LENGTH) != EPTP_WALK_LENGTH_4) {
      fault("EPT pointer: not a 4-level walk");
      return;
    }
    if ((eptp & EPTP_RESERVED_LOW) != 0 || beyondWidth(eptp) || (eptp & ~FRAME_BITS) >>> 12 != 0) {
      fault("EPT pointer: reserved bits");
    }
    table(eptp & FRAME_BITS, 0, 1L << 39, R | W | X | XU);
  }

  /** One table: {@code span} bytes an entry, {@code allowed} what the levels above permit. */
  private void table(long frame, long gpa, long span, long allowed) {
    if (!tables.add(frame)) {
      fault("table " + hex(frame) + " is reached twice");
      return;
    }
    Optional<long[]> entries = memory.apply(frame);
    if (entries.isEmpty()) {
      fault("table " + hex(frame) + " is not in the image");
      return;
    }
    for (int i = 0; i < 512; i++) {
      entry(entries.get()[i], gpa + i * span, span, allowed);
    }
  }

  private void entry(long entry, long gpa, long span, long allowed) {
    boolean present = (entry & (R | W | X)) != 0 || (modeBasedExecute && (entry & XU) != 0);
    if (!present) {
      if (entry != (suppressVeAbsent ? SUPPRESS_VE : 0)) {
        fault(hex(gpa) + ": an absent entry holds " + hex(entry));
      }
      return;
    }
    if ((entry & W) != 0 && (entry & R) == 0) {
      fault(hex(gpa) + ": EPT misconfiguration, writable but not readable");
    }
    if (beyondWidth(entry)) {
      fault(hex(gpa) + ": EPT misconfiguration, frame beyond the physical-address width");
    }
    boolean last = span == 1L << 12;
    if (last || (entry & LARGE) != 0) {
      leaf(entry, gpa, span, allowed);
      return;
    }
    long known = R | W | X | FRAME_BITS | (modeBasedExecute ? XU : 0);
    if ((entry & ~known) != 0) {
      fault(hex(gpa) + ": table entry holds " + hex(entry & ~known) + " besides its address");
    }
    table(entry & FRAME_BITS, gpa, span >>> 9, allowed & entry);
  }

  private void leaf(long entry, long gpa, long span, long allowed) {
    if (span > 1L << 30) {
      fault(hex(gpa) + ": EPT misconfiguration, bit 7 in a PML4 entry");
      return;
    }
    int type = (int) ((entry & MEMORY_TYPE) >>> 3);
    if (type == 2 || type == 3 || type == 7) {
      fault(hex(gpa) + ": EPT misconfiguration, memory type " + type);
    }
    long frame = entry & FRAME_BITS;
    if ((frame & (span - 1)) != 0) {
      fault(hex(gpa) + ": EPT misconfiguration, reserved address bits of a large page");
    }
    long known = LEAF_BITS | FRAME_BITS | (span > 1L << 12 ? LARGE : 0);
    if ((entry & ~known) != 0) {
      fault(hex(gpa) + ": leaf holds unknown bits " + hex(entry & ~known));
    }
    long effective = entry & allowed;
    add(
        new Range(
            gpa,
            span,
            frame,
            span,
            (effective & R) != 0,
            (effective & W) != 0,
            (effective & X) != 0,
            (modeBasedExecute ? effective & XU : entry & XU) != 0,
            type,
            (entry & IGNORE_PAT) != 0,
            (entry & ACCESSED) != 0,
            (entry & DIRTY) != 0,
            (entry & VERIFY_GUEST_PAGING) != 0,
            (entry & PAGING_WRITE) != 0,
            (entry & SUPERVISOR_SHADOW_STACK) != 0,
            (entry & SUB_PAGE_WRITE) != 0,
            (entry & SUPPRESS_VE) != 0));
  }

  private void add(Range range) {
    if (!ranges.isEmpty()) {
      Optional<Range> joined = ranges.getLast().join(range);
      if (joined.isPresent()) {
        ranges.set(ranges.size() - 1, joined.get());
        return;
      }
    }
    ranges.add(range);
  }

  private boolean beyondWidth(long entry) {
    return (entry & FRAME_BITS) >>> physicalAddressWidth != 0;
  }

  private void fault(String text) {
    faults.add(text);
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
