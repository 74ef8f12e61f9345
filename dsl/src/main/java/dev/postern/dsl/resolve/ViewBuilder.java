package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.resolve.PlannedMapping.Content;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Second pass over the views: mappings with every bit, and what a default view has implied. */
final class ViewBuilder {

  private final Scope scope;
  private final Contents contents;
  private final Map<String, PlannedView> views;

  ViewBuilder(Scope scope, Contents contents, Map<String, PlannedView> views) {
    this.scope = scope;
    this.contents = contents;
    this.views = views;
  }

  /** The views, in the policy's order; protected ones are built first. */
  List<View> build() {
    Map<PlannedView, List<Mapping>> written = new HashMap<>();
    for (PlannedView view : views.values()) {
      List<Mapping> mappings = new ArrayList<>();
      view.mappings.forEach(m -> mapping(m).ifPresent(mappings::add));
      written.put(view, mappings);
    }
    List<View> built = new ArrayList<>();
    for (PlannedView view : views.values()) {
      List<Mapping> mappings = new ArrayList<>(written.getOrDefault(view, List.of()));
      mappings.sort(Comparator.comparing(Mapping::gpa));
      if (!disjoint(view, mappings)) {
        continue;
      }
      if (view.isDefault() && !view.tree.exactly()) {
        mappings = new DefaultView(scope, view, mappings, siblings(view, written)).mappings();
      }
      if (disjoint(view, mappings)) {
        built.add(view(view, mappings));
      }
    }
    return built;
  }

  private static View view(PlannedView view, List<Mapping> mappings) {
    return new View(
        view.tree.at(),
        view.name(),
        view.machine.vm().name(),
        view.index,
        view.eptp,
        view.root,
        view.suppressVeAbsent,
        mappings,
        view.mediationNotClaimed);
  }

  /** The protected views of the same VM with their mappings, by index. */
  private Map<PlannedView, List<Mapping>> siblings(
      PlannedView view, Map<PlannedView, List<Mapping>> written) {
    Map<PlannedView, List<Mapping>> siblings = new java.util.LinkedHashMap<>();
    for (PlannedView other : ViewPlanner.byIndex(views)) {
      if (other.vm().equals(view.vm()) && !other.isDefault()) {
        siblings.put(other, written.getOrDefault(other, List.of()));
      }
    }
    return siblings;
  }

  private boolean disjoint(PlannedView view, List<Mapping> sorted) {
    boolean disjoint = true;
    for (int i = 1; i < sorted.size(); i++) {
      Mapping a = sorted.get(i - 1);
      Mapping b = sorted.get(i);
      if (Long.compareUnsigned(a.gpa().value() + a.size() - 1, b.gpa().value()) >= 0) {
        disjoint = false;
        scope.diagnostics.add(
            Diagnostic.error(
                    Code.OVERLAP,
                    b.at(),
                    "mappings '%s' and '%s' of view '%s' overlap at %s"
                        .formatted(a.name(), b.name(), view.name(), b.gpa()))
                .also(
                    a.at(),
                    "'%s' is here, %s bytes at %s".formatted(a.name(), Hex.of(a.size()), a.gpa())));
      }
    }
    return disjoint;
  }

  private Optional<Mapping> mapping(PlannedMapping planned) {
    Optional<Content> content = contents.of(planned);
    Leaf leaf = planned.attributes.leaf(defaults(planned));
    PageSize pages =
        planned.attributes.pages().flatMap(scope::pageSize).orElseGet(() -> pages(planned));
    if (planned.tree.subject() instanceof Tree.FramesSubject
        && !planned.attributes.hasPermission()) {
      scope.missing(
          planned.tree.at(),
          "mapping '" + planned.name + "' has no permission",
          "'map' has no default: write r, w and x together, or none");
      return Optional.empty();
    }
    if (content.isEmpty() || planned.gpa.isEmpty() || planned.la.isEmpty()) {
      return Optional.empty();
    }
    Frames frames = content.get().frames();
    Tree.Mapping tree = planned.tree;
    if (!(scope.aligned(tree.at(), "address", planned.gpa.get(), pages)
        && scope.aligned(tree.at(), "size", frames.size(), pages)
        && scope.aligned(tree.at(), "frame address", frames.offset(), pages)
        && scope.fits(tree.at(), "guest-physical pages", planned.gpa.get(), frames.size())
        && scope.fits(tree.at(), "linear pages", planned.la.get(), frames.size()))) {
      return Optional.empty();
    }
    return Optional.of(
        new Mapping(
            tree.at(),
            planned.name,
            planned.role,
            new Gpa(planned.gpa.get()),
            new La(planned.la.get()),
            frames.size(),
            pages,
            frames,
            leaf,
            planned.attributes.perVcpu(),
            content.get().image(),
            planned.attributes.discloses(
                !planned.view.isDefault() && planned.role == Role.SOURCE_WINDOW && leaf.write())));
  }

  private static Leaf defaults(PlannedMapping planned) {
    PlannedView view = planned.view;
    LeafDefaults defaults = new LeafDefaults(view.machine.vm());
    boolean plain = planned.tree.subject() instanceof Tree.FramesSubject;
    return view.isDefault()
        ? defaults.defaultView(plain ? Role.RAM : planned.role, false)
        : defaults.protectedView(planned.role, view.user && !plain);
  }

  /** A window's pages are as large as those its approval says. */
  private PageSize pages(PlannedMapping planned) {
    if (planned.tree.subject() instanceof Tree.WindowSubject window) {
      return contents
          .machine(window.member().owner())
          .flatMap(m -> m.approval(window.member().member()))
          .map(Vm.Approval::pageSize)
          .orElse(PageSize.SMALL);
    }
    return PageSize.SMALL;
  }
}
