package dev.postern.dsl.resolve;

import dev.postern.model.Control;
import dev.postern.model.Leaf;
import dev.postern.model.Lock;
import dev.postern.model.MemoryType;
import dev.postern.model.Role;
import dev.postern.model.Vm;

/**
 * Leaf bits a mapping has where the policy says nothing: the strict choice for its role. All are
 * write-back with the guest's PAT ignored (O-24), have #VE suppressed (O-49), accessed and dirty
 * clear, no sub-page and no shadow-stack rights (O-29).
 */
final class LeafDefaults {

  private final boolean hlat;
  private final boolean pinned;
  private final boolean modeBased;
  private final boolean scanned;

  LeafDefaults(Vm source) {
    this.hlat = source.lock().has(Lock.Kind.HLAT);
    this.pinned = source.lock().has(Lock.Kind.PINNED_PT);
    this.scanned = source.lock().has(Lock.Kind.SCAN);
    this.modeBased = source.controls().holds(Control.K13);
  }

  /** Whether paging structures of the lock stand in the default view too. */
  boolean lockedPaging() {
    return hlat || pinned;
  }

  /**
   * The default in a protected view.
   *
   * @param user whether the view's gates are for CPL 3: then code executes in user mode only, as
   *     far as the hardware can tell the modes apart
   */
  Leaf protectedView(Role role, boolean user) {
    return switch (role) {
      case TRAMPOLINE, CODE ->
          user && modeBased
              ? leaf(true, false, false, true, hlat, false)
              : leaf(true, false, true, false, hlat, false);
      case PRIVATE -> leaf(true, true, false, false, hlat, false);
      case CONSTANT, SOURCE_WINDOW, DESTINATION_WINDOW, RAM ->
          leaf(true, false, false, false, hlat, false);
      case PAGING -> leaf(true, false, false, false, false, hlat);
    };
  }

  /** The default in the source's default view. */
  Leaf defaultView(Role role, boolean user) {
    return switch (role) {
      case TRAMPOLINE -> leaf(true, false, true, user && modeBased, hlat, false);
      case CODE -> leaf(true, false, true, false, hlat, false);
      case PAGING -> leaf(true, false, false, false, false, hlat);
      case PRIVATE -> leaf(true, true, false, false, false, false);
      case CONSTANT, SOURCE_WINDOW, DESTINATION_WINDOW, RAM ->
          leaf(true, false, false, false, false, false);
    };
  }

  /**
   * The source's memory in its default view: all of it executable, except under a scanning lock,
   * where the host makes a page executable only once it is read-only and scanned.
   */
  Leaf memory(Vm.Kind kind) {
    return switch (kind) {
      case RAM -> leaf(true, true, !scanned, !scanned && modeBased, false, false);
      case SPECIAL -> uncached(leaf(true, true, false, false, false, false));
    };
  }

  /** Another mapping of frames into a VM. */
  static Leaf alias() {
    return leaf(true, false, false, false, false, false);
  }

  private static Leaf leaf(
      boolean read,
      boolean write,
      boolean execute,
      boolean userExecute,
      boolean verifyGuestPaging,
      boolean pagingWrite) {
    return new Leaf(
        read,
        write,
        execute,
        userExecute,
        MemoryType.WB,
        true,
        false,
        false,
        verifyGuestPaging,
        pagingWrite,
        false,
        false,
        true);
  }

  private static Leaf uncached(Leaf leaf) {
    return new Leaf(
        leaf.read(),
        leaf.write(),
        leaf.execute(),
        leaf.userExecute(),
        MemoryType.UC,
        leaf.ignorePat(),
        leaf.accessed(),
        leaf.dirty(),
        leaf.verifyGuestPaging(),
        leaf.pagingWrite(),
        leaf.supervisorShadowStack(),
        leaf.subPageWrite(),
        leaf.suppressVe());
  }
}
