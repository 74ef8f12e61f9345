package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.Doorbell;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.PageSize;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Resolves the cpu and the virtual machines: memory, lock, controls and approvals. */
final class Machines {

  /** Address width of a policy that names no cpu: that of the server parts the field runs on. */
  static final int DEFAULT_WIDTH = 46;

  private final Scope scope;

  Machines(Scope scope) {
    this.scope = scope;
  }

  // ---- cpu

  Cpu cpu(List<Tree.Cpu> statements, Location policy) {
    if (statements.size() > 1) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.DUPLICATE_CLAUSE, statements.get(1).at(), "the cpu is described twice")
              .also(statements.getFirst().at(), "first described here"));
    }
    int width = DEFAULT_WIDTH;
    boolean executeOnly = false;
    boolean fiveLevel = false;
    boolean accessedDirty = false;
    boolean shadowStack = false;
    Set<PageSize> pages = EnumSet.noneOf(PageSize.class);
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    Cpu.L1tf l1tf = Cpu.L1tf.AFFECTED;
    Location at = statements.isEmpty() ? policy : statements.getFirst().at();
    List<Tree.CpuItem> items = statements.isEmpty() ? List.of() : statements.getFirst().items();
    Set<Class<?>> said = new java.util.HashSet<>();
    for (Tree.CpuItem item : items) {
      switch (item) {
        case Tree.CpuWidth w -> {
          if (!said.add(Tree.CpuWidth.class)) {
            scope.twice(w.at(), "physical-address-width");
          }
          width =
              scope
                  .evaluator
                  .between(w.bits(), "physical-address width", 32, 52)
                  .map(Long::intValue)
                  .orElse(width);
        }
        case Tree.CpuEpt ept -> {
          for (Tree.Name capability : ept.capabilities()) {
            switch (capability.text()) {
              case "execute-only" -> executeOnly = true;
              case "five-level" -> fiveLevel = true;
              case "accessed-dirty" -> accessedDirty = true;
              case "shadow-stack" -> shadowStack = true;
              default ->
                  scope.error(
                      Code.UNKNOWN_WORD,
                      capability.at(),
                      "'" + capability.text() + "' is not an EPT capability",
                      "it is one of: execute-only, pages, five-level, accessed-dirty, shadow-stack");
            }
          }
          ept.pageSizes()
              .forEach(size ->
                  scope
                      .pageSize(size)
                      .filter(page -> page != PageSize.SMALL)
                      .ifPresent(pages::add));
        }
        case Tree.CpuFeatures list -> {
          for (Tree.Name name : list.features()) {
            Words.find(Words.FEATURES, name, "a cpu feature", scope.diagnostics)
                .ifPresent(feature -> {
                  if (features.put(feature, list.present()) != null) {
                    scope.twice(name.at(), name.text());
                  }
                });
          }
        }
        case Tree.CpuL1tf word -> {
          if (!said.add(Tree.CpuL1tf.class)) {
            scope.twice(word.at(), "l1tf");
          }
          l1tf =
              Words.find(Words.L1TF, word.word(), "a state of l1tf", scope.diagnostics)
                  .orElse(l1tf);
        }
      }
    }
    return new Cpu(
        at, width, executeOnly, pages, fiveLevel, accessedDirty, shadowStack, features, l1tf);
  }

  // ---- virtual machines

  /** A VM as far as it can be known before views are; aliases come later. */
  static final class Machine {
    private final Tree.Vm tree;
    private final Vm vm;
    private final long linearBase;
    private final Map<String, Vm.Memory> regions = new HashMap<>();
    private final Map<String, Vm.Approval> approvals = new HashMap<>();

    Machine(Tree.Vm tree, Vm vm, long linearBase) {
      this.tree = tree;
      this.vm = vm;
      this.linearBase = linearBase;
      vm.memory().forEach(m -> regions.put(m.name(), m));
      vm.approvals().forEach(a -> approvals.put(a.name(), a));
    }

    Tree.Vm tree() {
      return tree;
    }

    Vm vm() {
      return vm;
    }

    long linearBase() {
      return linearBase;
    }

    Optional<Vm.Memory> region(String name) {
      return Optional.ofNullable(regions.get(name));
    }

    Optional<Vm.Approval> approval(String name) {
      return Optional.ofNullable(approvals.get(name));
    }

    /** Whether the policy gives it a region or approval of this name, sound or not. */
    boolean declares(String name) {
      return tree.items().stream()
          .anyMatch(item ->
              switch (item) {
                case Tree.Memory m -> m.name().text().equals(name);
                case Tree.Approve a ->
                    a.approvals().stream().anyMatch(p -> p.name().text().equals(name));
                case Tree.Vcpus _, Tree.Lock _, Tree.Controls _, Tree.Alias _ -> false;
              });
    }
  }

  /** By name, in the policy's order. */
  Map<String, Machine> machines(List<Tree.Vm> trees) {
    Map<String, Machine> machines = new LinkedHashMap<>();
    Map<String, Tree.Vm> known = new HashMap<>();
    trees.forEach(tree -> known.putIfAbsent(tree.name().text(), tree));
    for (Tree.Vm tree : trees) {
      if (!machines.containsKey(tree.name().text())) {
        machines.put(tree.name().text(), machine(tree, known));
      }
    }
    return machines;
  }

  private Machine machine(Tree.Vm tree, Map<String, Tree.Vm> known) {
    String name = tree.name().text();
    int vcpus = 1;
    boolean vcpusSaid = false;
    List<Vm.Memory> memory = new ArrayList<>();
    Optional<Tree.Lock> lock = Optional.empty();
    Optional<Tree.Controls> controls = Optional.empty();
    List<Tree.Approve> approves = new ArrayList<>();
    Scope.Names names = scope.new Names("memory or approval");
    for (Tree.VmItem item : tree.items()) {
      switch (item) {
        case Tree.Vcpus v -> {
          if (vcpusSaid) {
            scope.twice(v.at(), "vcpus");
          }
          vcpusSaid = true;
          vcpus =
              scope
                  .evaluator
                  .between(v.count(), "vcpus", 1, 4096)
                  .map(Long::intValue)
                  .orElse(vcpus);
        }
        case Tree.Memory m -> {
          if (names.define(m.name().text(), m.name().at()) && scope.entry(m.at())) {
            memory(m).ifPresent(memory::add);
          }
        }
        case Tree.Lock l -> {
          if (lock.isPresent()) {
            scope.twice(l.at(), "lock");
          }
          lock = Optional.of(l);
        }
        case Tree.Controls c -> {
          if (controls.isPresent()) {
            scope.twice(c.at(), "controls");
          }
          controls = Optional.of(c);
        }
        case Tree.Approve a -> approves.add(a);
        case Tree.Alias _ -> {}
      }
    }
    memory.sort(Comparator.comparing(Vm.Memory::gpa));
    disjoint(memory);
    List<Vm.Approval> approvals = new ArrayList<>();
    for (Tree.Approve approve : approves) {
      approvals.addAll(approvals(tree, approve, memory, known, names));
    }
    long base =
        lock.flatMap(Tree.Lock::linearBase)
            .flatMap(value -> scope.evaluator.word(value, "linear base"))
            .orElse(0L);
    return new Machine(
        tree,
        new Vm(
            tree.at(),
            name,
            tree.source(),
            tree.destination(),
            vcpus,
            memory,
            lock.map(this::lock).orElse(new Lock(tree.at(), Set.of(), Optional.empty())),
            controls.map(this::controls).orElse(strict(tree.at())),
            approvals,
            List.of()),
        base);
  }

  private Optional<Vm.Memory> memory(Tree.Memory tree) {
    Optional<Long> gpa = scope.evaluator.word(tree.gpa(), "guest-physical address");
    Optional<Long> size = scope.evaluator.size(tree.size());
    PageSize pages = tree.pages().flatMap(scope::pageSize).orElse(PageSize.SMALL);
    Optional<Long> host =
        tree.host().flatMap(h -> scope.evaluator.word(h, "host-physical address"));
    if (gpa.isEmpty() || size.isEmpty()) {
      return Optional.empty();
    }
    boolean sound =
        Scope.all(
            scope.aligned(tree.gpa().at(), "address", gpa.get(), pages),
            scope.aligned(tree.size().at(), "size", size.get(), pages),
            scope.fits(tree.gpa().at(), "memory", gpa.get(), size.get()));
    if (host.isPresent()) {
      Location at = tree.host().orElse(tree.gpa()).at();
      sound &=
          Scope.all(
              scope.aligned(at, "host address", host.get(), pages),
              scope.fits(at, "host memory", host.get(), size.get()));
    }
    return sound
        ? Optional.of(
            new Vm.Memory(
                tree.at(),
                tree.name().text(),
                new Gpa(gpa.get()),
                size.get(),
                pages,
                host.map(dev.postern.model.Hpa::new),
                tree.special() ? Vm.Kind.SPECIAL : Vm.Kind.RAM,
                tree.dirtyLogged()))
        : Optional.empty();
  }

  private void disjoint(List<Vm.Memory> sorted) {
    for (int i = 1; i < sorted.size(); i++) {
      Vm.Memory a = sorted.get(i - 1);
      Vm.Memory b = sorted.get(i);
      if (Long.compareUnsigned(a.gpa().value() + a.size() - 1, b.gpa().value()) >= 0) {
        scope.diagnostics.add(
            Diagnostic.error(
                    Code.OVERLAP,
                    b.at(),
                    "memory '%s' and '%s' overlap at %s".formatted(a.name(), b.name(), b.gpa()))
                .also(a.at(), "'" + a.name() + "' is here"));
      }
    }
  }

  // ---- lock and controls

  private Lock lock(Tree.Lock tree) {
    Set<Lock.Kind> kinds = EnumSet.noneOf(Lock.Kind.class);
    Map<String, Optional<Lock.Kind>> words = new TreeMap<>();
    Words.LOCKS.forEach((word, kind) -> words.put(word, Optional.of(kind)));
    words.put("none", Optional.empty());
    for (Tree.Name word : tree.kinds()) {
      Words.find(words, word, "a lock", scope.diagnostics)
          .ifPresent(kind -> {
            if (kind.isEmpty() && tree.kinds().size() > 1) {
              scope.error(Code.CLAUSE_NOT_ALLOWED, word.at(), "'none' stands alone as a lock");
            } else if (kind.isPresent() && !kinds.add(kind.get())) {
              scope.twice(word.at(), word.text());
            }
          });
    }
    Optional<Lock.Range> range =
        tree.range()
            .flatMap(r -> {
              Optional<Long> start = scope.evaluator.word(r.start(), "linear address");
              Optional<Long> size = scope.evaluator.size(r.size());
              return start.isPresent()
                      && size.isPresent()
                      && scope.fits(r.at(), "range", start.get(), size.get())
                  ? Optional.of(new Lock.Range(new La(start.get()), size.get()))
                  : Optional.empty();
            });
    return new Lock(tree.at(), kinds, range);
  }

  private static Controls strict(Location at) {
    return new Controls(at, EnumSet.allOf(Control.class), Controls.STRICT_INTERCEPTS);
  }

  private Controls controls(Tree.Controls tree) {
    Map<String, Control> words = new TreeMap<>();
    for (Control control : Control.values()) {
      words.put(control.word(), control);
    }
    Set<Control> held = EnumSet.allOf(Control.class);
    Set<Integer> intercepted = Controls.STRICT_INTERCEPTS;
    Set<Control> said = EnumSet.noneOf(Control.class);
    for (Tree.Setting setting : tree.settings()) {
      Tree.Name word = setting.words().getFirst();
      Optional<Control> control = Words.find(words, word, "a control", scope.diagnostics);
      if (control.isEmpty()) {
        continue;
      }
      if (!said.add(control.get())) {
        scope.twice(word.at(), word.text());
      }
      List<Tree.Name> values = setting.words().subList(1, setting.words().size());
      if (control.get() == Control.K9) {
        intercepted = vectors(word, values);
        if (intercepted.isEmpty()) {
          held.remove(Control.K9);
        }
      } else if (!holds(control.get(), word, values)) {
        held.remove(control.get());
      }
    }
    return new Controls(tree.at(), held, intercepted);
  }

  private boolean holds(Control control, Tree.Name word, List<Tree.Name> values) {
    String choice = "'%s' or '%s'".formatted(control.strict(), control.lax());
    if (values.size() != 1) {
      scope.missing(
          word.at(),
          "'%s' takes one setting, %s".formatted(word.text(), choice),
          "settings end with their line or with ';'");
      return true;
    }
    Tree.Name value = values.getFirst();
    if (!value.text().equals(control.strict()) && !value.text().equals(control.lax())) {
      scope.error(
          Code.UNKNOWN_WORD,
          value.at(),
          "'%s' is not a setting of '%s'".formatted(value.text(), word.text()),
          "it is " + choice);
    }
    return !value.text().equals(control.lax());
  }

  private Set<Integer> vectors(Tree.Name word, List<Tree.Name> values) {
    if (values.isEmpty()) {
      scope.missing(
          word.at(), "'intercept' names no exception", "list them, or write: intercept nothing");
    }
    if (values.size() == 1 && values.getFirst().text().equals("nothing")) {
      return Set.of();
    }
    Map<String, Integer> words = new LinkedHashMap<>(Words.EXCEPTIONS);
    for (int vector = 0; vector < 32; vector++) {
      words.put(Integer.toString(vector), vector);
    }
    Set<Integer> vectors = new TreeSet<>();
    for (Tree.Name value : values) {
      Integer vector = words.get(value.text());
      if (vector == null) {
        scope.error(
            Code.UNKNOWN_WORD,
            value.at(),
            "'" + value.text() + "' is not an exception",
            "it is one of: "
                + String.join(", ", Words.EXCEPTIONS.keySet())
                + ", or a vector 0..31");
      } else if (!vectors.add(vector)) {
        scope.twice(value.at(), value.text());
      }
    }
    return vectors;
  }

  // ---- approvals

  private List<Vm.Approval> approvals(
      Tree.Vm vm,
      Tree.Approve tree,
      List<Vm.Memory> memory,
      Map<String, Tree.Vm> known,
      Scope.Names names) {
    if (!vm.destination()) {
      scope.error(
          Code.NOT_A_DESTINATION,
          tree.at(),
          "vm '" + vm.name().text() + "' approves memory and is not a destination",
          "write: vm " + vm.name().text() + " destination");
    }
    source(tree.source(), known);
    List<Vm.Approval> approvals = new ArrayList<>();
    for (Tree.Approval approval : tree.approvals()) {
      if (names.define(approval.name().text(), approval.name().at())
          && scope.entry(approval.at())) {
        approval.sharedWith().forEach(name -> source(name, known));
        approval(vm, tree.source().text(), approval, memory).ifPresent(approvals::add);
      }
    }
    return approvals;
  }

  private void source(Tree.Name name, Map<String, Tree.Vm> known) {
    Tree.Vm source = known.get(name.text());
    if (source == null) {
      scope.unknown(name.at(), "vm", name.text(), known.keySet());
    } else if (!source.source()) {
      scope.diagnostics.add(
          Diagnostic.error(Code.NOT_A_SOURCE, name.at(), "vm '" + name.text() + "' is not a source")
              .also(source.at(), "declared here")
              .hint("write: vm " + name.text() + " source"));
    }
  }

  private Optional<Vm.Approval> approval(
      Tree.Vm vm, String source, Tree.Approval tree, List<Vm.Memory> memory) {
    Optional<Long> gpa = scope.evaluator.word(tree.gpa(), "guest-physical address");
    Optional<Long> size = scope.evaluator.size(tree.size());
    PageSize pages = tree.pages().flatMap(scope::pageSize).orElse(PageSize.SMALL);
    Optional<Boolean> write = write(tree);
    if (gpa.isEmpty() || size.isEmpty() || write.isEmpty()) {
      return Optional.empty();
    }
    // The page size is the one windows default to; what is approved may end within such a page.
    if (!Scope.all(
        scope.aligned(tree.gpa().at(), "address", gpa.get(), PageSize.SMALL),
        scope.aligned(tree.size().at(), "size", size.get(), PageSize.SMALL))) {
      return Optional.empty();
    }
    Optional<Frames> frames = slice(vm.name().text(), memory, gpa.get(), size.get());
    if (frames.isEmpty()) {
      scope.error(
          Code.OUTSIDE,
          tree.at(),
          "approval '%s' is not within one memory region of vm '%s'"
              .formatted(tree.name().text(), vm.name().text()));
      return Optional.empty();
    }
    TreeSet<String> shared = new TreeSet<>();
    tree.sharedWith().forEach(name -> shared.add(name.text()));
    return Optional.of(
        new Vm.Approval(
            tree.at(),
            tree.name().text(),
            source,
            new Gpa(gpa.get()),
            size.get(),
            write.get(),
            pages,
            frames.get(),
            shared,
            tree.doorbell().flatMap(this::doorbell)));
  }

  /** Where the policy names no exits, those are on that the wait needs. */
  private Optional<Doorbell> doorbell(Tree.Doorbell tree) {
    Optional<Doorbell.Wait> wait =
        Words.find(Words.WAITS, tree.way(), "a way to wait", scope.diagnostics);
    Set<Doorbell.Exit> exits = EnumSet.noneOf(Doorbell.Exit.class);
    for (Tree.Name word : tree.exits()) {
      if (word.text().equals("none") && tree.exits().size() == 1) {
        break;
      }
      Words.find(Words.EXITS, word, "an exit of a waiting processor", scope.diagnostics)
          .filter(exit -> !exits.add(exit))
          .ifPresent(exit -> scope.twice(word.at(), word.text()));
    }
    return wait.map(way -> new Doorbell(way, tree.exits().isEmpty() ? way.on() : exits));
  }

  private Optional<Boolean> write(Tree.Approval tree) {
    if (tree.permissions().isEmpty()) {
      scope.missing(
          tree.at(), "approval '" + tree.name().text() + "' has no permission", "write r or rw");
      return Optional.empty();
    }
    if (tree.permissions().size() > 1) {
      scope.twice(tree.permissions().get(1).at(), tree.permissions().get(1).text());
    }
    Tree.Name permission = tree.permissions().getFirst();
    return switch (permission.text()) {
      case "r" -> Optional.of(false);
      case "rw" -> Optional.of(true);
      default -> {
        scope.error(
            Code.UNKNOWN_WORD,
            permission.at(),
            "'" + permission.text() + "' is not a permission of an approval",
            "memory is approved for r or rw, never for execution");
        yield Optional.empty();
      }
    };
  }

  /** The frames at {@code gpa}, if one region of {@code memory}, sorted, holds them all. */
  static Optional<Frames> slice(String vm, List<Vm.Memory> memory, long gpa, long size) {
    int low = 0;
    int high = memory.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(memory.get(middle).gpa().value(), gpa) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return Optional.empty();
    }
    Vm.Memory region = memory.get(low - 1);
    long offset = gpa - region.gpa().value();
    return Long.compareUnsigned(offset, region.size()) < 0
            && Long.compareUnsigned(size, region.size() - offset) <= 0
        ? Optional.of(frames(vm, region, offset, size))
        : Optional.empty();
  }

  /** Part of a region: by host address where the policy fixes it, by the region's name else. */
  static Frames frames(String vm, Vm.Memory region, long offset, long size) {
    return region
        .host()
        .map(host -> new Frames(new Frames.Owner.Host(), host.value() + offset, size))
        .orElseGet(() -> new Frames(new Frames.Owner.Memory(vm, region.name()), offset, size));
  }
}
