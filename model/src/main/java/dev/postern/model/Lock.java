package dev.postern.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What keeps the source guest's kernel from choosing where the next instruction after VMFUNC is
 * fetched (security model §0).
 *
 * @param kinds none for an unlocked guest; SCAN and PRIVATE_PT may stand together
 * @param range the locked linear range (HLAT's protected linear range, the pinned ranges)
 */
public record Lock(Location at, Set<Kind> kinds, Optional<Range> range) {

  /** One way to lock. */
  public enum Kind {
    /** The view has page tables of its own: CR3's GPA is remapped in it. */
    PRIVATE_PT,
    /** The default view is W^X and every executable page in it is scanned for VMFUNC. */
    SCAN,
    /** The hypervisor write-protects and mediates the guest's paging structures in all views. */
    PINNED_PT,
    /**
     * Hypervisor-managed linear-address translation with paging-write and guest-paging
     * verification.
     */
    HLAT,
    /** The guest kernel and its page tables are trusted: an assumption. */
    TRUSTED_PT
  }

  /** Linear addresses {@code start} to {@code start + size - 1}. */
  public record Range(La start, long size) {
    public Range {
      if (size <= 0 || Long.compareUnsigned(start.value() + size - 1, start.value()) < 0) {
        throw new IllegalArgumentException("linear range is empty or runs past 2^64");
      }
    }

    public boolean contains(La la, long bytes) {
      long from = la.value() - start.value();
      return Long.compareUnsigned(from, size) < 0 && Long.compareUnsigned(bytes, size - from) <= 0;
    }
  }

  public Lock {
    kinds =
        Collections.unmodifiableSet(
            kinds.isEmpty() ? EnumSet.noneOf(Kind.class) : EnumSet.copyOf(kinds));
  }

  public boolean has(Kind kind) {
    return kinds.contains(kind);
  }

  /** Whether linear-to-guest-physical translation of the views' own range is fixed. */
  public boolean fixesTranslation() {
    return has(Kind.HLAT) || has(Kind.PINNED_PT) || has(Kind.TRUSTED_PT);
  }
}
