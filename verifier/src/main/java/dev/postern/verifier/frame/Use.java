package dev.postern.verifier.frame;

import dev.postern.model.Leaf;
import dev.postern.model.MemoryType;
import dev.postern.model.Role;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/**
 * What one holder does with a frame, all its mappings of the frame together. Few different values
 * occur in a policy, however many ranges it has.
 *
 * @param via by which way the holder reaches the frame
 * @param roles of the mappings; none where the use is not a view's
 * @param writes whether any mapping lets it be written: W, or a bit that defeats W=0
 * @param mappings how many mappings of the holder hold the frame, 1 or 2 for more
 * @param types bit set of memory types in effect: EPT type, plus 8 where PAT is ignored
 * @param traits of the memory slots
 */
public record Use(
    Via via, Set<Role> roles, boolean writes, int mappings, int types, Set<Trait> traits) {

  /** Ways to a frame. */
  public enum Via {
    /** The EPT of a source's default view. */
    DEFAULT_VIEW,
    /** The EPT of a protected view. */
    PROTECTED_VIEW,
    /** The EPT of a virtual machine without views, or a declared alias in any. */
    MACHINE,
    /** The host's own mapping of a memory slot: KVM, QEMU, vhost write guest memory through it. */
    MEMORY_SLOT,
    /** An IOMMU domain. */
    DMA,
    /** The hypervisor's control structures. */
    CONTROL,
    /** A root paging structure with a fixed address. */
    TABLE
  }

  /** Facts of a memory slot that rules ask about. */
  public enum Trait {
    SPECIAL,
    DIRTY_LOGGED
  }

  /** T, Cd, H and constants: bytes nobody may change. */
  private static final Set<Role> IMMUTABLE =
      Set.of(Role.TRAMPOLINE, Role.CODE, Role.CONSTANT, Role.PAGING);

  private static final Set<Role> WINDOWS = Set.of(Role.SOURCE_WINDOW, Role.DESTINATION_WINDOW);

  public Use {
    roles = copy(roles, Role.class);
    traits = copy(traits, Trait.class);
  }

  private static <E extends Enum<E>> Set<E> copy(Set<E> set, Class<E> type) {
    return Collections.unmodifiableSet(set.isEmpty() ? EnumSet.noneOf(type) : EnumSet.copyOf(set));
  }

  /** A use through an EPT leaf. */
  static Use of(Via via, Role role, Leaf leaf) {
    return new Use(via, EnumSet.of(role), Entries.writes(role, leaf), 1, 1 << type(leaf), Set.of());
  }

  /** A use without an EPT leaf of the policy. */
  static Use of(Via via, Set<Trait> traits) {
    return new Use(via, Set.of(), true, 1, 0, traits);
  }

  static int type(Leaf leaf) {
    return leaf.memoryType().encoding() | (leaf.ignorePat() ? 8 : 0);
  }

  /** Write-back whatever the guest's PAT says. */
  public static final int WRITE_BACK = 1 << (MemoryType.WB.encoding() | 8);

  /** This and another mapping of the same holder. */
  Use join(Use other) {
    return new Use(
        via,
        union(roles, other.roles),
        writes || other.writes,
        2,
        types | other.types,
        union(traits, other.traits));
  }

  private static <E> Set<E> union(Set<E> a, Set<E> b) {
    Set<E> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }

  /**
   * The canonical text of a use, of which digests of maps are made. Written out, as are a few more
   * methods that records have anyway: the JVM makes those when first called, at milliseconds each,
   * and no cache of this JDK keeps them.
   */
  @Override
  public String toString() {
    return "Use[via="
        + via
        + ", roles="
        + roles
        + ", writes="
        + writes
        + ", mappings="
        + mappings
        + ", types="
        + types
        + ", traits="
        + traits
        + "]";
  }

  public boolean immutable() {
    return !Collections.disjoint(roles, IMMUTABLE);
  }

  public boolean window() {
    return !Collections.disjoint(roles, WINDOWS);
  }

  public boolean has(Role role) {
    return roles.contains(role);
  }

  public boolean has(Trait trait) {
    return traits.contains(trait);
  }
}
