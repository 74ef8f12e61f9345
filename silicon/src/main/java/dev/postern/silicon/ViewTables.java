package dev.postern.silicon;

import dev.postern.model.Hpa;
import dev.postern.model.La;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.verifier.concrete.Scenario;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Paging structures on a {@link Stage} that translate, view by view, as the concrete machine's
 * world does: through the lock where it fixes a linear address, through the attacker's tables
 * elsewhere, else to where the policy says. Accessed and dirty bits are set.
 */
final class ViewTables {

  private static final long PRESENT_WRITE_USER_ACCESSED_DIRTY = 0x67;
  private static final long LARGE = 0x80;
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
  private static final int TOP = 4;
  private static final int LARGEST = 3;

  private final Policy policy;
  private final View view;
  private final Lock lock;
  private final long base;
  private final List<long[]> tables = new ArrayList<>(List.of(new long[512]));

  private ViewTables(Policy policy, View view, Lock lock, long base) {
    this.policy = policy;
    this.view = view;
    this.lock = lock;
    this.base = base;
  }

  /** The structures of every view of the scenario's VM. */
  static Tables of(Host host, Scenario start) throws SiliconException {
    Policy policy = host.policy();
    long base = Stage.free(policy);
    Map<Hpa, byte[]> pages = new HashMap<>();
    for (View view : policy.viewsOf(start.vm())) {
      Lock lock = policy.vm(start.vm()).orElseThrow().lock();
      ViewTables tables = new ViewTables(policy, view, lock, base);
      tables.fill(start);
      tables.write(host, pages);
    }
    return new Tables(base, pages);
  }

  /** One page alone: {@code la} leads to {@code gpa}, for each pair. */
  static Tables only(Host host, Scenario start, Map<Long, Long> translations)
      throws SiliconException {
    Policy policy = host.policy();
    View view =
        policy.viewsOf(start.vm()).stream()
            .filter(v -> v.index() == start.view())
            .findFirst()
            .orElseThrow(() -> new SiliconException("no view " + start.view()));
    long base = Stage.free(policy);
    ViewTables tables =
        new ViewTables(policy, view, policy.vm(start.vm()).orElseThrow().lock(), base);
    for (Map.Entry<Long, Long> entry : translations.entrySet()) {
      tables.put(0, TOP, entry.getKey(), entry.getValue(), 4096);
    }
    Map<Hpa, byte[]> pages = new HashMap<>();
    tables.write(host, pages);
    return new Tables(base, pages);
  }

  private void write(Host host, Map<Hpa, byte[]> pages) throws SiliconException {
    for (int i = 0; i < tables.size(); i++) {
      ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asLongBuffer().put(tables.get(i));
      pages.put(host.host(view.vm(), view.index(), base + 4096L * i), bytes.array());
    }
  }

  private void fill(Scenario start) throws SiliconException {
    boolean privateTables = lock.has(Lock.Kind.PRIVATE_PT) && !view.isDefault();
    for (Mapping mapping : view.mappings()) {
      if (privateTables) {
        put(0, TOP, mapping.la().value(), mapping.gpa().value(), mapping.size());
      } else if (lock.fixesTranslation()) {
        locked(mapping);
      }
    }
    if (lock.fixesTranslation()) {
      List<View> others =
          policy.viewsOf(start.vm()).stream().sorted(Comparator.comparingInt(View::index)).toList();
      for (View other : others) {
        for (Mapping mapping : other.mappings()) {
          locked(mapping);
        }
      }
    }
    for (var entry : start.paging()) {
      long la = number(entry.la()) & -4096L;
      boolean fixed = privateTables || lock.fixesTranslation();
      boolean inRange = lock.range().map(range -> range.contains(new La(la), 1)).orElse(true);
      if (entry.view() == view.index() && !(fixed && inRange)) {
        put(0, TOP, la, number(entry.gpa()) & -4096L, 4096);
      }
    }
    for (Mapping mapping : view.mappings()) {
      put(0, TOP, mapping.la().value(), mapping.gpa().value(), mapping.size());
    }
  }

  /** The part of a mapping that lies in the locked range. */
  private void locked(Mapping mapping) throws SiliconException {
    long first = mapping.la().value();
    long last = first + mapping.size() - 1;
    if (lock.range().isPresent()) {
      long start = lock.range().get().start().value();
      long end = start + lock.range().get().size() - 1;
      first = Long.compareUnsigned(first, start) < 0 ? start : first;
      last = Long.compareUnsigned(last, end) > 0 ? end : last;
    }
    if (Long.compareUnsigned(first, last) < 0) {
      long gpa = mapping.gpa().value() + (first - mapping.la().value());
      put(0, TOP, first, gpa, last - first + 1);
    }
  }

  /** Maps what is not mapped yet, by the largest pages that fit. */
  private void put(int table, int level, long la, long gpa, long size) throws SiliconException {
    long span = 1L << (12 + 9 * (level - 1));
    long done = 0;
    while (done < size) {
      long at = la + done;
      long here = Math.min(size - done, span - (at & (span - 1)));
      int index = (int) (at >>> (12 + 9 * (level - 1))) & 511;
      long[] entries = tables.get(table);
      boolean whole = here == span && (gpa + done & (span - 1)) == 0 && level <= LARGEST;
      if (entries[index] == 0 && (level == 1 || whole)) {
        entries[index] = gpa + done | (level > 1 ? LARGE : 0) | PRESENT_WRITE_USER_ACCESSED_DIRTY;
      } else if (level > 1 && (entries[index] & LARGE) == 0) {
        if (entries[index] == 0) {
          if (4096L * (tables.size() + 1) > Stage.SIZE) {
            throw new SiliconException("the translations need more tables than there is room for");
          }
          tables.add(new long[512]);
          entries[index] = base + 4096L * (tables.size() - 1) | PRESENT_WRITE_USER_ACCESSED_DIRTY;
        }
        put((int) (((entries[index] & ADDRESS) - base) / 4096), level - 1, at, gpa + done, here);
      }
      done += here;
    }
  }

  static long number(String hex) {
    return Long.parseUnsignedLong(hex.substring(2), 16);
  }
}
