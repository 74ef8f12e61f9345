package dev.postern.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What makes an approval a doorbell: protected code of the source stores to the page, and the VM
 * that approved it waits for the store without one VM exit between the two.
 *
 * @param way how the owner of the page waits
 * @param exits which of {@link Exit} the host has switched on for the owner; what is not here is
 *     off
 */
public record Doorbell(Wait way, Set<Exit> exits) {

  /** How a virtual processor waits for a store to a page. */
  public enum Wait {
    /** Reads it again and again, with PAUSE between. */
    PAUSE,
    /** Arms MONITOR on a line of it and stops in MWAIT. */
    MWAIT,
    /** Does something else: the hypervisor, which watches the page, posts an interrupt. */
    POSTED_INTERRUPT;

    /**
     * Exits it needs: a virtual processor that waits without exits keeps its processor until an
     * interrupt of the host's takes it away, and posting demands external-interrupt exiting (SDM
     * vol. 3 §26.2.1.1).
     */
    public Set<Exit> on() {
      return switch (this) {
        case PAUSE, MWAIT, POSTED_INTERRUPT -> Set.of(Exit.EXTERNAL_INTERRUPTS);
      };
    }

    /** Exits that would turn each wait into one. */
    public Set<Exit> off() {
      return switch (this) {
        case PAUSE -> Set.of(Exit.PAUSE, Exit.PAUSE_LOOP);
        case MWAIT -> Set.of(Exit.MONITOR, Exit.MWAIT);
        case POSTED_INTERRUPT -> Set.of();
      };
    }
  }

  /** VM-execution controls that decide whether waiting exits (SDM vol. 3 tables 24-5 to 24-7). */
  public enum Exit {
    /** Pin-based, bit 0. */
    EXTERNAL_INTERRUPTS,
    /** Primary, bit 29. */
    MONITOR,
    /** Primary, bit 10. */
    MWAIT,
    /** Primary, bit 30. */
    PAUSE,
    /** Secondary, bit 10. */
    PAUSE_LOOP
  }

  public Doorbell {
    exits =
        Collections.unmodifiableSet(
            exits.isEmpty() ? EnumSet.noneOf(Exit.class) : EnumSet.copyOf(exits));
  }
}
