package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.resolve.PlannedView.Range;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a source's default view maps besides what is written: every trampoline of the VM's protected
 * views, the locked paging structures, and all memory of the VM around them. What is written, or
 * unmapped, takes the place of what is implied.
 */
final class DefaultView {

  private final Scope scope;
  private final PlannedView view;
  private final List<Mapping> written;
  private final Map<PlannedView, List<Mapping>> protectedViews;
  private final LeafDefaults defaults;
  private final Map<String, Integer> names = new HashMap<>();

  DefaultView(
      Scope scope,
      PlannedView view,
      List<Mapping> written,
      Map<PlannedView, List<Mapping>> protectedViews) {
    this.scope = scope;
    this.view = view;
    this.written = written;
    this.protectedViews = protectedViews;
    this.defaults = new LeafDefaults(view.machine.vm());
    written.forEach(m -> names.put(m.name(), 1));
  }

  /** All of it, sorted by address. */
  List<Mapping> mappings() {
    RangeSet taken = new RangeSet();
    view.unmapped.forEach(taken::add);
    written.forEach(m -> taken.add(range(m)));
    List<Mapping> all = new ArrayList<>(written);
    for (Mapping mapping : shared(taken)) {
      all.add(mapping);
      taken.add(range(mapping));
    }
    for (Vm.Memory region : view.machine.vm().memory()) {
      for (Range gap : taken.gaps(new Range(region.gpa().value(), region.size()))) {
        pieces(region, gap.start(), gap.size(), all);
      }
    }
    all.sort(Comparator.comparing(Mapping::gpa));
    return all;
  }

  private static Range range(Mapping mapping) {
    return new Range(mapping.gpa().value(), mapping.size());
  }

  /** Trampolines and paging structures of the protected views, but where something else is. */
  private List<Mapping> shared(RangeSet taken) {
    Map<Gpa, Mapping> byAddress = new java.util.TreeMap<>();
    Map<Gpa, Boolean> user = new HashMap<>();
    protectedViews.forEach((from, mappings) -> {
      for (Mapping mapping : mappings) {
        boolean wanted =
            mapping.role() == Role.TRAMPOLINE
                || (mapping.role() == Role.PAGING && defaults.lockedPaging());
        if (wanted && !taken.meets(range(mapping))) {
          user.merge(mapping.gpa(), from.user, (a, b) -> a || b);
          Mapping other = byAddress.putIfAbsent(mapping.gpa(), mapping);
          if (other != null && !other.frames().equals(mapping.frames())) {
            clash(other, mapping);
          }
        }
      }
    });
    List<Mapping> shared = new ArrayList<>();
    byAddress.forEach((gpa, m) ->
        shared.add(
            new Mapping(
                m.at(),
                ViewPlanner.unique(m.name(), names),
                m.role(),
                gpa,
                m.la(),
                m.size(),
                m.pageSize(),
                m.frames(),
                defaults.defaultView(m.role(), user.getOrDefault(gpa, false)),
                m.perVcpu(),
                m.image())));
    return shared;
  }

  private void clash(Mapping one, Mapping other) {
    scope.diagnostics.add(
        Diagnostic.error(
                Code.OVERLAP,
                other.at(),
                "two different '%s' and '%s' would both stand at %s in default view '%s'"
                    .formatted(one.name(), other.name(), other.gpa(), view.name()))
            .also(one.at(), "'" + one.name() + "' is here")
            .hint("trampolines of one VM need addresses of their own"));
  }

  // ---- memory around them

  /** Pages of the region's size, and small ones at a ragged start or end. */
  private void pieces(Vm.Memory region, long start, long size, List<Mapping> out) {
    long page = region.pageSize().bytes();
    long head = Math.min(size, (page - (start & (page - 1))) & (page - 1));
    long body = (size - head) & -page;
    piece(region, start, head, PageSize.SMALL, out);
    piece(region, start + head, body, region.pageSize(), out);
    piece(region, start + head + body, size - head - body, PageSize.SMALL, out);
  }

  private void piece(Vm.Memory region, long start, long size, PageSize pages, List<Mapping> out) {
    if (size == 0) {
      return;
    }
    Leaf leaf = defaults.memory(region.kind());
    Frames frames =
        Machines.frames(view.machine.vm().name(), region, start - region.gpa().value(), size);
    out.add(
        new Mapping(
            region.at(),
            ViewPlanner.unique(region.name(), names),
            Role.RAM,
            new Gpa(start),
            new La(start),
            size,
            pages,
            frames,
            leaf,
            false,
            Optional.empty()));
  }
}
