package dev.postern.silicon;

import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The guest's paging structures: in the policy's locked table pages, read-only in every view, the
 * linear range the lock fixes; everything outside it through a page in the guest's own memory,
 * which no protected view maps. This stands for both locks that fix the translation; the emulator
 * has no HLAT.
 *
 * <p>With three locked pages or more they are a PML4, a page-directory-pointer table and a
 * directory of 2-MiB pages. With one it is every level at once: its entry 0 refers to itself, and
 * entries 1 to 511 are pages 1 to 511. Accessed and dirty bits are set, since the emulator would
 * set them through EPT's write protection, which no processor does.
 */
final class GuestTables {

  private static final long PRESENT_WRITE_USER_ACCESSED_DIRTY = 0x67;
  private static final long LARGE = 0x80;
  private static final int ENTRIES = 512;
  private static final int DIRECT_MAP = 256;

  private final long root;
  private final Map<Hpa, byte[]> pages = new HashMap<>();

  private GuestTables(long root) {
    this.root = root;
  }

  /**
   * One page that is every level at once: its entry 0 refers to itself, the others are as {@code
   * pages} says, page by page of the first 2 MiB of linear addresses.
   *
   * @param view in which the page has guest-physical address {@code gpa}
   */
  static Tables looped(Host host, String vm, int view, long gpa, Map<Long, Long> pages)
      throws SiliconException {
    GuestTables guest = new GuestTables(gpa);
    long[] table = new long[ENTRIES];
    table[0] = gpa | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    pages.forEach((la, to) -> table[(int) (la >>> 12)] = to | PRESENT_WRITE_USER_ACCESSED_DIRTY);
    guest.direct(host, vm, table);
    guest.page(host.host(vm, view, gpa), table);
    return new Tables(guest.root, guest.pages);
  }

  static Tables of(Host host, String vm) throws SiliconException {
    Policy policy = host.policy();
    Mapping tables =
        policy.viewsOf(vm).stream()
            .filter(view -> !view.isDefault())
            .flatMap(view -> view.mappings().stream())
            .filter(mapping -> mapping.role() == Role.PAGING)
            .findFirst()
            .orElseThrow(() -> new SiliconException("no view has a page for paging structures"));
    View owner =
        policy.viewsOf(vm).stream()
            .filter(v -> !v.isDefault() && v.mappings().contains(tables))
            .findFirst()
            .orElseThrow();
    long gpa = tables.gpa().value();
    GuestTables guest = new GuestTables(gpa);
    long[] top =
        tables.size() / 4096 >= 3
            ? guest.tree(host, vm, owner, gpa)
            : guest.loop(host, vm, owner, gpa);
    guest.direct(host, vm, top);
    guest.page(host.host(vm, owner.index(), gpa), top);
    return new Tables(guest.root, guest.pages);
  }

  /** The guest's memory behind {@link Attacker#LINEAR}, through a page of its own. */
  private void direct(Host host, String vm, long[] top) throws SiliconException {
    long own = Attacker.base(host.policy(), vm);
    top[DIRECT_MAP] = own | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    long[] gigabytes = new long[ENTRIES];
    for (int i = 0; i < ENTRIES; i++) {
      gigabytes[i] = (long) i << 30 | LARGE | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    }
    page(host.host(vm, 0, own), gigabytes);
  }

  private long[] tree(Host host, String vm, View view, long gpa) throws SiliconException {
    Mapping first =
        view.mappings().stream().filter(m -> m.role() == Role.TRAMPOLINE).findFirst().orElseThrow();
    long la = first.la().value();
    long base = (la & -(1L << 30)) + first.gpa().value() - la;
    if (base % (1L << 21) != 0) {
      throw new SiliconException("the locked range is not mapped by 2-MiB pages");
    }
    long[] directory = new long[ENTRIES];
    for (int i = 0; i < ENTRIES; i++) {
      directory[i] = base + ((long) i << 21) | LARGE | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    }
    for (Mapping mapping : view.mappings()) {
      if (mapping.la().value() - mapping.gpa().value() != la - first.gpa().value()
          || mapping.la().value() >>> 30 != la >>> 30) {
        throw new SiliconException("mapping " + mapping.name() + " is not in the gate's gigabyte");
      }
    }
    long[] pointers = new long[ENTRIES];
    pointers[(int) (la >>> 30) & 511] = gpa + 0x2000 | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    long[] top = new long[ENTRIES];
    top[(int) (la >>> 39) & 511] = gpa + 0x1000 | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    page(host.host(vm, view.index(), gpa + 0x1000), pointers);
    page(host.host(vm, view.index(), gpa + 0x2000), directory);
    return top;
  }

  private long[] loop(Host host, String vm, View owner, long gpa) throws SiliconException {
    long[] table = new long[ENTRIES];
    table[0] = gpa | PRESENT_WRITE_USER_ACCESSED_DIRTY;
    List<Mapping> all = new ArrayList<>();
    for (View view : host.policy().viewsOf(vm)) {
      if (!view.isDefault()) {
        all.addAll(view.mappings());
      }
    }
    for (Mapping mapping : all) {
      for (long at = 0; at < mapping.size(); at += 4096) {
        long page = mapping.la().value() + at >>> 12;
        if (page < 1 || page >= ENTRIES || page == DIRECT_MAP) {
          throw new SiliconException(
              "one page of paging structures does not reach la 0x" + Long.toHexString(page << 12));
        }
        table[(int) page] = mapping.gpa().value() + at | PRESENT_WRITE_USER_ACCESSED_DIRTY;
      }
    }
    return table;
  }

  private void page(Hpa host, long[] entries) {
    ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(entries);
    pages.put(host, bytes.array());
  }
}
