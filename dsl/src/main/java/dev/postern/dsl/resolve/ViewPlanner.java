package dev.postern.dsl.resolve;

import static dev.postern.dsl.resolve.Attributes.Kind.AT;
import static dev.postern.dsl.resolve.Attributes.Kind.DISCLOSES;
import static dev.postern.dsl.resolve.Attributes.Kind.FRAMES;
import static dev.postern.dsl.resolve.Attributes.Kind.IMAGE;
import static dev.postern.dsl.resolve.Attributes.Kind.LA;
import static dev.postern.dsl.resolve.Attributes.Kind.LEAF_BIT;
import static dev.postern.dsl.resolve.Attributes.Kind.MEMORY_TYPE;
import static dev.postern.dsl.resolve.Attributes.Kind.NAMED;
import static dev.postern.dsl.resolve.Attributes.Kind.PAGES;
import static dev.postern.dsl.resolve.Attributes.Kind.PAT;
import static dev.postern.dsl.resolve.Attributes.Kind.PERMISSION;
import static dev.postern.dsl.resolve.Attributes.Kind.PER_VCPU;
import static dev.postern.dsl.resolve.Attributes.Kind.ROLE;
import static dev.postern.dsl.resolve.Attributes.Kind.SIZE;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.resolve.Machines.Machine;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Eptp;
import dev.postern.model.Hpa;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** First pass over the views: fields, names, and at which addresses what is mapped. */
final class ViewPlanner {

  private static final Set<Attributes.Kind> LEAF =
      Set.of(AT, LA, NAMED, PAGES, MEMORY_TYPE, PAT, LEAF_BIT, PERMISSION);
  private static final Set<Attributes.Kind> CODE = with(SIZE, FRAMES);
  private static final Set<Attributes.Kind> STATE = with(SIZE, FRAMES, PER_VCPU);
  private static final Set<Attributes.Kind> MAP = with(SIZE, ROLE, PER_VCPU, IMAGE, DISCLOSES);
  private static final Set<Attributes.Kind> WINDOW = with(DISCLOSES);

  private final Scope scope;
  private final Map<String, Machine> machines;
  private final CodeUnits units;

  ViewPlanner(Scope scope, Map<String, Machine> machines, CodeUnits units) {
    this.scope = scope;
    this.machines = machines;
    this.units = units;
  }

  private static Set<Attributes.Kind> with(Attributes.Kind... more) {
    Set<Attributes.Kind> all = new HashSet<>(LEAF);
    all.addAll(List.of(more));
    return Set.copyOf(all);
  }

  /**
   * The views by name, in the policy's order.
   *
   * @param user names of views that a gate for CPL 3 leads into
   */
  Map<String, PlannedView> plan(List<Tree.View> trees, Set<String> user) {
    Map<String, PlannedView> views = new LinkedHashMap<>();
    Map<String, Tree.View> indices = new HashMap<>();
    for (Tree.View tree : trees) {
      if (scope.entry(tree.at())) {
        view(tree, user.contains(tree.name().text()), indices)
            .ifPresent(view -> views.putIfAbsent(view.name(), view));
      }
    }
    defaults(views);
    return views;
  }

  private void defaults(Map<String, PlannedView> views) {
    Set<String> said = new HashSet<>();
    for (PlannedView view : views.values()) {
      String vm = view.vm();
      boolean has = views.values().stream().anyMatch(v -> v.isDefault() && v.vm().equals(vm));
      if (!has && said.add(vm)) {
        scope.error(
            Code.DEFAULT_VIEW_MISSING,
            view.tree.at(),
            "vm '" + vm + "' has protected views and no view at index 0",
            "add: view default of " + vm + " index 0");
      }
    }
  }

  private Optional<PlannedView> view(Tree.View tree, boolean user, Map<String, Tree.View> indices) {
    Machine machine = machines.get(tree.vm().text());
    if (machine == null) {
      scope.unknown(tree.vm().at(), "vm", tree.vm().text(), machines.keySet());
    } else if (!machine.vm().source()) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.NOT_A_SOURCE,
                  tree.vm().at(),
                  "vm '" + tree.vm().text() + "' has a view and is not a source")
              .also(machine.tree().at(), "declared here")
              .hint("write: vm " + tree.vm().text() + " source"));
    }
    Optional<Long> index = scope.evaluator.between(tree.index(), "EPTP-list index", 0, 511);
    if (machine == null || index.isEmpty()) {
      return Optional.empty();
    }
    Tree.View earlier = indices.putIfAbsent(tree.vm().text() + " " + index.get(), tree);
    if (earlier != null) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.DUPLICATE_INDEX,
                  tree.index().at(),
                  "views '%s' and '%s' of vm '%s' both have index %d"
                      .formatted(
                          earlier.name().text(), tree.name().text(), tree.vm().text(), index.get()))
              .also(earlier.index().at(), "first used here"));
    }
    PlannedView view = fields(tree, machine, index.get().intValue(), user);
    Map<String, Integer> used = new HashMap<>();
    for (Tree.ViewItem item : tree.items()) {
      if (item instanceof Tree.Mapping mapping && scope.entry(mapping.at())) {
        mapping(view, mapping, used).ifPresent(view::add);
      } else if (item instanceof Tree.Unmap unmap && scope.entry(unmap.at())) {
        unmap(view, unmap);
      }
    }
    return Optional.of(view);
  }

  private PlannedView fields(Tree.View tree, Machine machine, int index, boolean user) {
    Eptp eptp = Eptp.DEFAULT;
    Optional<Hpa> root = Optional.empty();
    boolean suppressVeAbsent = true;
    Optional<Long> base = Optional.empty();
    Optional<String> notClaimed = Optional.empty();
    Set<Class<?>> said = new HashSet<>();
    for (Tree.ViewItem item : tree.items()) {
      boolean repeatable = item instanceof Tree.Mapping || item instanceof Tree.Unmap;
      if (!repeatable && !said.add(item.getClass())) {
        scope.error(Code.DUPLICATE_CLAUSE, item.at(), "this is said twice in one view");
      }
      switch (item) {
        case Tree.Eptp fields -> {
          eptp = eptp(scope, Eptp.DEFAULT, fields.fields());
          root = root(fields.fields());
        }
        case Tree.SuppressVeAbsent s -> suppressVeAbsent = s.on();
        case Tree.LinearBase b -> base = scope.evaluator.word(b.value(), "linear base");
        case Tree.NotClaimed n -> {
          if (n.reason().value().isBlank()) {
            scope.error(
                Code.EMPTY_REASON,
                n.reason().at(),
                "the reason not to claim mediation is empty",
                "reports show it: say why confinement is enough here");
          }
          notClaimed = Optional.of(n.reason().value());
        }
        case Tree.Mapping _, Tree.Unmap _ -> {}
      }
    }
    return new PlannedView(
        tree,
        machine,
        index,
        tree.exactly() ? base.orElse(0L) : base.orElse(machine.linearBase()),
        eptp,
        root,
        suppressVeAbsent,
        notClaimed,
        user);
  }

  /** {@code base} with the fields that are said. */
  static Eptp eptp(Scope scope, Eptp base, List<Tree.EptpField> fields) {
    Eptp eptp = base;
    Set<Class<?>> said = new HashSet<>();
    for (Tree.EptpField field : fields) {
      if (!said.add(field.getClass())) {
        scope.error(Code.DUPLICATE_CLAUSE, field.at(), "this field is said twice");
      }
      eptp =
          switch (field) {
            case Tree.EptpMemoryType t ->
                new Eptp(
                    Words.find(
                            Words.MEMORY_TYPES, t.type(), "an EPT memory type", scope.diagnostics)
                        .orElse(eptp.memoryType()),
                    eptp.walkLength(),
                    eptp.accessedDirty(),
                    eptp.shadowStack());
            case Tree.WalkLength w ->
                new Eptp(
                    eptp.memoryType(),
                    scope
                        .evaluator
                        .between(w.levels(), "walk length", 1, 8)
                        .map(Long::intValue)
                        .orElse(eptp.walkLength()),
                    eptp.accessedDirty(),
                    eptp.shadowStack());
            case Tree.AccessedDirty a ->
                new Eptp(eptp.memoryType(), eptp.walkLength(), a.on(), eptp.shadowStack());
            case Tree.ShadowStack s ->
                new Eptp(eptp.memoryType(), eptp.walkLength(), eptp.accessedDirty(), s.on());
            case Tree.Root _ -> eptp;
          };
    }
    return eptp;
  }

  private Optional<Hpa> root(List<Tree.EptpField> fields) {
    for (Tree.EptpField field : fields) {
      if (field instanceof Tree.Root root) {
        return scope
            .evaluator
            .word(root.host(), "host-physical address")
            .filter(hpa -> scope.aligned(root.host().at(), "EPT root", hpa, PageSize.SMALL))
            .map(Hpa::new);
      }
    }
    return Optional.empty();
  }

  private void unmap(PlannedView view, Tree.Unmap tree) {
    if (!view.isDefault()) {
      scope.error(
          Code.CLAUSE_NOT_ALLOWED,
          tree.at(),
          "'unmap' has no meaning in a protected view",
          "a protected view maps only what it lists");
      return;
    }
    Optional<Long> gpa = scope.evaluator.word(tree.gpa(), "guest-physical address");
    Optional<Long> size = scope.evaluator.size(tree.size());
    if (gpa.isPresent()
        && size.isPresent()
        && Scope.all(
            scope.aligned(tree.gpa().at(), "address", gpa.get(), PageSize.SMALL),
            scope.aligned(tree.size().at(), "size", size.get(), PageSize.SMALL),
            scope.fits(tree.at(), "unmap", gpa.get(), size.get()))) {
      view.unmapped.add(new PlannedView.Range(gpa.get(), size.get()));
    }
  }

  // ---- mappings

  private Optional<PlannedMapping> mapping(
      PlannedView view, Tree.Mapping tree, Map<String, Integer> used) {
    Attributes attributes =
        switch (tree.subject()) {
          case Tree.CodeSubject _ -> attributes(tree, "code", CODE);
          case Tree.PrivateSubject _ -> attributes(tree, "private state", STATE);
          case Tree.PagingSubject _ -> attributes(tree, "paging structures", STATE);
          case Tree.WindowSubject _ -> attributes(tree, "a window", WINDOW);
          case Tree.FramesSubject _ -> attributes(tree, "'map'", MAP);
        };
    Optional<CodeUnits.Reference> code =
        tree.subject() instanceof Tree.CodeSubject subject
            ? units.section(subject.reference())
            : Optional.empty();
    String name = name(tree, attributes, code, used, view);
    if (attributes.at().isEmpty()) {
      scope.missing(
          tree.at(), "mapping '" + name + "' has no address", "add: at GUEST-PHYSICAL-ADDRESS");
    }
    Optional<Long> gpa =
        attributes
            .at()
            .flatMap(a -> scope.evaluator.word(a, "guest-physical address"))
            .filter(a ->
                scope.aligned(attributes.at().orElseThrow().at(), "address", a, PageSize.SMALL));
    Optional<Long> la = la(view, tree, attributes, gpa);
    if (tree.subject() instanceof Tree.CodeSubject && code.isEmpty()) {
      return Optional.empty();
    }
    PlannedMapping planned =
        new PlannedMapping(
            view, tree, attributes, name, role(view, tree, attributes), gpa, la, code);
    code.ifPresent(reference ->
        la.ifPresent(address ->
            view.placed
                .computeIfAbsent(reference.unit().name(), _ -> new HashMap<>())
                .putIfAbsent(reference.section().number(), address)));
    return Optional.of(planned);
  }

  private Attributes attributes(Tree.Mapping tree, String subject, Set<Attributes.Kind> allowed) {
    return new Attributes(scope, tree.attributes(), subject, allowed);
  }

  private Optional<Long> la(
      PlannedView view, Tree.Mapping tree, Attributes attributes, Optional<Long> gpa) {
    if (attributes.la().isPresent()) {
      Tree.Expression written = attributes.la().get();
      return scope
          .evaluator
          .word(written, "linear address")
          .filter(la -> scope.aligned(written.at(), "linear address", la, PageSize.SMALL));
    }
    return gpa.flatMap(g -> {
      long la = view.linearBase + g;
      if (Long.compareUnsigned(la, g) < 0) {
        scope.error(
            Code.OUT_OF_RANGE,
            tree.at(),
            "linear base %s and address %s run past 2^64"
                .formatted(Hex.of(view.linearBase), Hex.of(g)));
        return Optional.empty();
      }
      return scope.aligned(tree.at(), "linear address", la, PageSize.SMALL)
          ? Optional.of(la)
          : Optional.empty();
    });
  }

  private Role role(PlannedView view, Tree.Mapping tree, Attributes attributes) {
    return switch (tree.subject()) {
      case Tree.CodeSubject c ->
          switch (c.kind()) {
            case TRAMPOLINE -> Role.TRAMPOLINE;
            case CODE -> Role.CODE;
            case CONSTANT -> Role.CONSTANT;
          };
      case Tree.PrivateSubject _ -> Role.PRIVATE;
      case Tree.PagingSubject _ -> Role.PAGING;
      case Tree.WindowSubject w ->
          w.member().owner().equals(view.machine.vm().name())
                  && view.machine.region(w.member().member()).isPresent()
              ? Role.SOURCE_WINDOW
              : Role.DESTINATION_WINDOW;
      case Tree.FramesSubject _ -> attributes.role().orElse(Role.RAM);
    };
  }

  /** What the policy names it, or what is mapped; numbered where that is taken. */
  private String name(
      Tree.Mapping tree,
      Attributes attributes,
      Optional<CodeUnits.Reference> code,
      Map<String, Integer> used,
      PlannedView view) {
    Optional<Tree.Name> written =
        attributes
            .named()
            .or(() ->
                switch (tree.subject()) {
                  case Tree.PrivateSubject p -> Optional.of(p.name());
                  case Tree.PagingSubject p -> Optional.of(p.name());
                  case Tree.CodeSubject _, Tree.WindowSubject _, Tree.FramesSubject _ ->
                      Optional.empty();
                });
    if (written.isPresent()) {
      String name = written.get().text();
      if (used.putIfAbsent(name, 1) != null) {
        scope.diagnostics.add(
            Diagnostic.error(
                    Code.DUPLICATE_NAME,
                    written.get().at(),
                    "two mappings of view '%s' are named '%s'".formatted(view.name(), name))
                .hint("give one another name with 'named'"));
      }
      return name;
    }
    String derived =
        switch (tree.subject()) {
          case Tree.CodeSubject c ->
              code.map(r -> plain(r.section().name())).orElse(c.reference().text());
          case Tree.WindowSubject w -> w.member().member();
          case Tree.FramesSubject f ->
              f.frames() instanceof Tree.MemberFrames m ? m.member().member() : "host";
          case Tree.PrivateSubject p -> p.name().text();
          case Tree.PagingSubject p -> p.name().text();
        };
    return unique(derived, used);
  }

  /** {@code base}, or with the first free number behind it. */
  static String unique(String base, Map<String, Integer> used) {
    String name = base;
    int number = used.getOrDefault(base, 0);
    while (used.containsKey(name)) {
      number++;
      name = base + "-" + number;
    }
    used.put(base, Math.max(number, 1));
    used.putIfAbsent(name, 1);
    return name;
  }

  /** A section's name as a name of the language: {@code .text.hot} is {@code text-hot}. */
  private static String plain(String section) {
    String name = section.replaceFirst("^\\.+", "").replaceAll("[^A-Za-z0-9_-]", "-");
    return name.isEmpty() || !Character.isLetter(name.charAt(0)) ? "section-" + name : name;
  }

  /** Sorted by EPTP-list index, the policy's order for equal ones. */
  static List<PlannedView> byIndex(Map<String, PlannedView> views) {
    return views.values().stream().sorted(Comparator.comparingInt(v -> v.index)).toList();
  }
}
