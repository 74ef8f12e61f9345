package dev.postern.verifier.frame;

import dev.postern.model.Cpu;
import dev.postern.model.Leaf;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import java.util.Optional;

/**
 * What the bits of EPT entries and EPT pointers mean on the policy's processor (SDM vol. 3
 * §24.6.11, tables 28-1 to 28-6, §28.2.3.1; the model's H11 to H13).
 */
public final class Entries {

  private static final long READ = 1;
  private static final long WRITE = 1L << 1;
  private static final long EXECUTE = 1L << 2;
  private static final long LARGE = 1L << 7;
  private static final long USER_EXECUTE = 1L << 10;

  private final Cpu cpu;

  public Entries(Cpu cpu) {
    this.cpu = cpu;
  }

  /**
   * The entry's 64 bits.
   *
   * @param address host-physical address of the page; 0 where the loader chooses it
   */
  public static long leaf(Leaf leaf, PageSize size, long address) {
    return leaf.bits() | address | (size == PageSize.SMALL ? 0 : LARGE);
  }

  /**
   * Whether bit 10 can make a page executable. Mode-based execute control is assumed possible
   * unless the processor lacks it: a host that does not attest it on does not attest it off.
   */
  public boolean userExecutePossible() {
    return !cpu.without(Cpu.Feature.MBEC);
  }

  /** Bits 2:0, and bit 10 under mode-based execute control, are not all clear. */
  public boolean present(long entry) {
    long bits = READ | WRITE | EXECUTE | (userExecutePossible() ? USER_EXECUTE : 0);
    return (entry & bits) != 0;
  }

  /** Whether instructions can be fetched through the leaf at any privilege level. */
  public boolean executable(Leaf leaf) {
    return leaf.execute() || (leaf.userExecute() && userExecutePossible());
  }

  /** Why the entry, as a leaf of this size, is an EPT misconfiguration; empty if it is none. */
  public Optional<String> misconfiguration(long entry, PageSize size) {
    if (!present(entry)) {
      return Optional.empty();
    }
    if ((entry & (READ | WRITE)) == WRITE) {
      return Optional.of("bits 2:0 are " + permissionBits(entry) + ": write without read");
    }
    long execute = EXECUTE | (userExecutePossible() ? USER_EXECUTE : 0);
    if (!cpu.executeOnly() && (entry & execute) != 0 && (entry & READ) == 0) {
      return Optional.of(
          "bits 2:0 are " + permissionBits(entry) + ": execute-only, which the processor lacks");
    }
    int type = (int) (entry >>> 3) & 7;
    if (type == 2 || type == 3 || type == 7) {
      return Optional.of("memory type " + type + " is reserved");
    }
    if (size != PageSize.SMALL && !cpu.pageSizes().contains(size)) {
      return Optional.of("bit 7 is set at a level where the processor has no pages");
    }
    return reserved(entry, size);
  }

  private Optional<String> reserved(long entry, PageSize size) {
    long below = (size.bytes() - 1) & ~0xfffL;
    long above = ((1L << 52) - 1) & -(1L << cpu.physicalAddressWidth());
    if ((entry & below) != 0) {
      return Optional.of("reserved bits " + (size.shift() - 1) + ":12 are set");
    }
    if ((entry & above) != 0) {
      return Optional.of("reserved bits 51:" + cpu.physicalAddressWidth() + " are set");
    }
    return Optional.empty();
  }

  /** Why an EPT pointer fails the VM-entry check, and so VMFUNC's; empty if it passes. */
  public Optional<String> invalidPointer(long eptp) {
    int type = (int) eptp & 7;
    long levels = (eptp >>> 3 & 7) + 1;
    if (type != 0 && type != 6) {
      return Optional.of("memory type " + type + " in bits 2:0");
    }
    if (levels != 4 && !(levels == 5 && cpu.fiveLevel())) {
      return Optional.of("a page walk of " + levels + " levels in bits 5:3");
    }
    if ((eptp & 1L << 6) != 0 && !cpu.accessedDirty()) {
      return Optional.of("bit 6 on a processor without EPT accessed and dirty flags");
    }
    if ((eptp & 1L << 7) != 0 && !cpu.shadowStack()) {
      return Optional.of("bit 7 on a processor without supervisor shadow-stack control");
    }
    if ((eptp & 0xf00) != 0) {
      return Optional.of("reserved bits 11:8 are set");
    }
    if ((eptp & -(1L << cpu.physicalAddressWidth())) != 0) {
      return Optional.of("reserved bits 63:" + cpu.physicalAddressWidth() + " are set");
    }
    return Optional.empty();
  }

  /**
   * Whether the leaf lets its page be written: W, or a bit by which writing defeats W=0 (T-29). The
   * latter are refuted on trampolines and code by ept-well-formed itself, and paging-write is what
   * locked paging structures are for.
   */
  public static boolean writes(Role role, Leaf leaf) {
    return leaf.write()
        || switch (role) {
          case TRAMPOLINE, CODE -> false;
          case PAGING -> leaf.subPageWrite() || leaf.supervisorShadowStack();
          case RAM, CONSTANT, PRIVATE, SOURCE_WINDOW, DESTINATION_WINDOW ->
              leaf.subPageWrite() || leaf.supervisorShadowStack() || leaf.pagingWrite();
        };
  }

  private static String permissionBits(long entry) {
    return Long.toBinaryString((entry & 7) | 8).substring(1) + "b";
  }
}
