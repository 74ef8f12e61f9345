package dev.postern.verifier.gate;

import dev.postern.model.EptpSlot;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * L(v): every place in a view at which hostile register state can start executing (security model
 * §0). The EPTP list is one for the whole VMCS, so a landing is reachable from every view that can
 * execute its VMFUNC; the set is that of view v, whatever edge the policy declares.
 *
 * <ul>
 *   <li>no lock, or PRIVATE_PT alone: every byte of every executable page, because the attacker's
 *       own VMFUNC may stand at any linear address of the default view;
 *   <li>SCAN: VMFUNC exists only in signed pages, which may be mapped anywhere, so every executable
 *       page at the page offset behind a site;
 *   <li>a lock that fixes translation: behind the sites, at their own addresses; and, where an
 *       attacker's page may lie before it in linear memory, the first three bytes of an executable
 *       run (a VMFUNC that ends on, or straddles, the page edge), or the first byte alone where the
 *       lock itself puts memory of the guest's there.
 * </ul>
 */
public final class LandingSet {

  private static final long PAGE = PageSize.SMALL.bytes();

  /** Bytes at the start of a run that a VMFUNC on the attacker's page before it can land on. */
  private static final int EDGE = 3;

  private final Policy policy;
  private final View view;
  private final Vm vm;
  private final Sites.OfVm sites;
  private final Map<Long, Landing> landings = new LinkedHashMap<>();

  private LandingSet(Policy policy, View view, Vm vm, Sites.OfVm sites) {
    this.policy = policy;
    this.view = view;
    this.vm = vm;
    this.sites = sites;
  }

  /** The landings of one view, by address, a landing for each EPTP-list index of the view. */
  public static List<Landing> of(Policy policy, View view, Vm vm) {
    return of(policy, view, vm, Sites.OfVm.of(policy, vm));
  }

  /** The same, where the sites of the VM are known. */
  static List<Landing> of(Policy policy, View view, Vm vm, Sites.OfVm sites) {
    List<Landing> all = new ArrayList<>();
    for (int index : indices(policy, view)) {
      LandingSet set = new LandingSet(policy, view, vm, sites);
      set.collect(index);
      all.addAll(set.landings.values());
    }
    all.sort(
        Comparator.<Landing>comparingLong(landing -> landing.la() ^ Long.MIN_VALUE)
            .thenComparingInt(Landing::index));
    return all;
  }

  /** The indices under which the list holds the view's root. */
  static List<Integer> indices(Policy policy, View view) {
    List<Integer> indices = new ArrayList<>();
    indices.add(view.index());
    for (EptpSlot slot : policy.slots()) {
      if (slot.vm().equals(view.vm())
          && slot.value() instanceof EptpSlot.Value.RootOf root
          && root.view().equals(view.name())
          && !indices.contains(slot.index())) {
        indices.add(slot.index());
      }
    }
    return indices;
  }

  private void collect(int index) {
    Lock lock = vm.lock();
    for (Mapping mapping : view.mappings()) {
      for (Sites.Site site : sites.before(mapping)) {
        add(
            index,
            site.end(),
            new Landing.Approach.Site(site.view().index(), site.la(), site.length()));
      }
    }
    if (lock.fixesTranslation()) {
      edges(index);
    } else if (lock.has(Lock.Kind.SCAN)) {
      congruent(index);
    } else {
      everywhere(index);
    }
  }

  private void add(int index, long la, Landing.Approach approach) {
    Optional<Mapping> mapping =
        view.mappings().stream()
            .filter(Sites::executable)
            .filter(m -> Long.compareUnsigned(la - m.la().value(), m.size()) < 0)
            .findFirst();
    mapping.ifPresent(m -> landings.putIfAbsent(la, new Landing(view, index, la, m, approach)));
  }

  /**
   * A trusted kernel maps nothing of an attacker's before a run; under the other locks it may be.
   */
  private void edges(int index) {
    Lock lock = vm.lock();
    if (lock.has(Lock.Kind.TRUSTED_PT)) {
      return;
    }
    for (Mapping mapping : view.mappings()) {
      long start = mapping.la().value();
      boolean reserved = lock.range().map(r -> r.contains(mapping.la(), 1)).orElse(false);
      boolean guarded = reserved && lock.range().get().start().value() != start;
      if (!Sites.executable(mapping) || executableBefore(start)) {
        continue;
      }
      if (lock.has(Lock.Kind.PINNED_PT) || !guarded) {
        for (int i = 0; i < EDGE; i++) {
          add(index, start + i, new Landing.Approach.OwnCode());
        }
      } else {
        // Of the bytes that straddle the edge, those behind it are signed in every view:
        // vmfunc-confined's O-07. Offset 0 is left.
        ownPageAt(start - 1).ifPresent(page -> add(index, start, page));
      }
    }
  }

  /**
   * The lock fixes where {@code la} leads, and in some view that is a page of the guest's own which
   * it may execute: a window, say, at the guest-physical address the memory has in the default
   * view.
   */
  private Optional<Landing.Approach.OwnPage> ownPageAt(long la) {
    for (View translating : sites.views()) {
      for (Mapping mapping : translating.mappings()) {
        long offset = la - mapping.la().value();
        if (Long.compareUnsigned(offset, mapping.size()) < 0) {
          long gpa = mapping.gpa().value() + offset;
          for (Sites.OwnPages own : sites.own()) {
            if (Long.compareUnsigned(gpa - own.mapping().gpa().value(), own.mapping().size()) < 0) {
              return Optional.of(new Landing.Approach.OwnPage(own.view().index(), gpa));
            }
          }
          break;
        }
      }
    }
    return Optional.empty();
  }

  private boolean executableBefore(long la) {
    return view.mappings().stream()
        .filter(Sites::executable)
        .anyMatch(m -> Long.compareUnsigned(la - 1 - m.la().value(), m.size()) < 0);
  }

  private void congruent(int index) {
    Set<Integer> done = new HashSet<>();
    for (Sites.Site site : sites.all()) {
      int behind = (int) (site.end() & (PAGE - 1));
      if (!done.add(behind)) {
        continue; // Another site has given the same landings.
      }
      long gpa = (site.mapping().gpa().value() + site.offset()) & -PAGE;
      Landing.Approach approach =
          new Landing.Approach.Alias(gpa, (int) (site.offset() & (PAGE - 1)));
      for (Mapping mapping : view.mappings()) {
        if (Sites.executable(mapping)) {
          for (long page = 0; page < mapping.size(); page += PAGE) {
            add(index, mapping.la().value() + page + behind, approach);
          }
        }
      }
    }
  }

  private void everywhere(int index) {
    for (Mapping mapping : view.mappings()) {
      if (Sites.executable(mapping)) {
        for (long offset = 0; offset < mapping.size(); offset++) {
          add(index, mapping.la().value() + offset, new Landing.Approach.OwnCode());
        }
      }
    }
  }
}
