package dev.postern.loader.ept;

import dev.postern.model.Hpa;
import dev.postern.model.Leaf;
import dev.postern.model.PageSize;

/** Entries as the builder writes them (SDM vol. 3 tables 28-1 to 28-6). */
final class EntryBits {

  private static final long READ_WRITE_EXECUTE = 7;
  private static final long PAGE_SIZE = 1L << 7;
  private static final long USER_EXECUTE = 1L << 10;
  private static final long SUPPRESS_VE = 1L << 63;

  private EntryBits() {}

  /** A leaf; bit 7 says so above the last level. */
  static long leaf(Leaf attributes, Hpa frame, PageSize size) {
    return attributes.bits() | frame.value() | (size == PageSize.SMALL ? 0 : PAGE_SIZE);
  }

  /**
   * An entry that leads to a table. Permissions are ANDed over the levels, so it takes none away.
   */
  static long table(Hpa table, boolean modeBasedExecute) {
    return READ_WRITE_EXECUTE | table.value() | (modeBasedExecute ? USER_EXECUTE : 0);
  }

  /** An entry that maps nothing. */
  static long absent(boolean suppressVe) {
    return suppressVe ? SUPPRESS_VE : 0;
  }
}
