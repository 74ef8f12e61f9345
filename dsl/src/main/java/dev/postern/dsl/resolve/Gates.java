package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Gate;
import dev.postern.model.La;
import dev.postern.model.Location;
import dev.postern.model.Register;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Resolves gates, once it is known where the views place the code. */
final class Gates {

  /** Bound of a gate that claims nothing and says nothing. */
  private static final long UNCLAIMED_BOUND = 4096;

  private final Scope scope;
  private final CodeUnits units;
  private final Map<String, PlannedView> views;

  Gates(Scope scope, CodeUnits units, Map<String, PlannedView> views) {
    this.scope = scope;
    this.units = units;
    this.views = views;
  }

  /** Views that a gate for privilege level 3 leads into. */
  static Set<String> user(Scope scope, List<Tree.Gate> gates) {
    Set<String> user = new HashSet<>();
    for (Tree.Gate gate : gates) {
      if (privilege(scope, gate) == 3) {
        user.add(gate.to().text());
      }
    }
    return user;
  }

  private static int privilege(Scope scope, Tree.Gate tree) {
    Optional<Tree.PrivilegeLevel> said = Optional.empty();
    for (Tree.GateItem item : tree.items()) {
      if (item instanceof Tree.PrivilegeLevel level) {
        if (said.isPresent()) {
          scope.twice(level.at(), "privilege-level");
        }
        said = Optional.of(level);
      }
    }
    if (said.isEmpty()) {
      return 0;
    }
    Optional<Long> level = scope.evaluator.between(said.get().value(), "privilege level", 0, 3);
    if (level.isPresent() && level.get() != 0 && level.get() != 3) {
      scope.error(
          Code.OUT_OF_RANGE,
          said.get().value().at(),
          "privilege level: " + level.get() + " is neither 0 nor 3",
          "guests run at 0 and 3; EPT cannot tell the levels between apart");
      return 0;
    }
    return level.map(Long::intValue).orElse(0);
  }

  List<Gate> resolve(List<Tree.Gate> trees) {
    Scope.Names names = scope.new Names("gate");
    List<Gate> gates = new ArrayList<>();
    for (Tree.Gate tree : trees) {
      if (names.define(tree.name().text(), tree.name().at()) && scope.entry(tree.at())) {
        gate(tree).ifPresent(gates::add);
      }
    }
    return gates;
  }

  private Optional<Gate> gate(Tree.Gate tree) {
    Optional<PlannedView> from = view(tree.from());
    Optional<PlannedView> to = view(tree.to());
    if (from.isPresent() && to.isPresent()) {
      direction(tree, from.get(), to.get());
    }
    Optional<Tree.Enter> enter = Optional.empty();
    Optional<Tree.Leave> leave = Optional.empty();
    Optional<Tree.AtMost> bound = Optional.empty();
    Map<Tree.RegisterUse, Tree.Registers> registers = new EnumMap<>(Tree.RegisterUse.class);
    List<Tree.LoopInvariant> invariants = new ArrayList<>();
    for (Tree.GateItem item : tree.items()) {
      switch (item) {
        case Tree.Enter e -> {
          if (enter.isPresent()) {
            scope.twice(e.at(), "enter");
          }
          enter = Optional.of(e);
        }
        case Tree.Leave l -> {
          if (leave.isPresent()) {
            scope.twice(l.at(), "leave");
          }
          leave = Optional.of(l);
        }
        case Tree.AtMost a -> {
          if (bound.isPresent()) {
            scope.twice(a.at(), "at most");
          }
          bound = Optional.of(a);
        }
        case Tree.Registers r -> {
          if (registers.put(r.use(), r) != null) {
            scope.twice(r.at(), Words.of(r.use()));
          }
        }
        case Tree.LoopInvariant i -> invariants.add(i);
        case Tree.PrivilegeLevel _ -> {}
      }
    }
    int privilege = privilege(scope, tree);
    Set<Register> arguments = registers(registers, Tree.RegisterUse.ARGUMENTS);
    Set<Register> results = registers(registers, Tree.RegisterUse.RESULTS);
    Set<Register> preserves = registers(registers, Tree.RegisterUse.PRESERVES);
    Optional<Register> through = leave.flatMap(Tree.Leave::returnsThrough).flatMap(this::register);
    Optional<Long> instructions = bound(tree, bound, to);
    if (enter.isEmpty()) {
      scope.missing(
          tree.at(),
          "gate '" + tree.name().text() + "' does not say where it is entered",
          "add: enter PLACE lands PLACE calls PLACE");
    }
    if (leave.isEmpty()) {
      scope.missing(
          tree.at(),
          "gate '" + tree.name().text() + "' does not say where it is left",
          "add: leave PLACE lands PLACE returns through REGISTER");
    }
    if (to.isEmpty() || enter.isEmpty() || leave.isEmpty()) {
      return Optional.empty();
    }
    Optional<La> entering = place(enter.get().enter(), to.get());
    Optional<La> entered = place(enter.get().lands(), to.get());
    Optional<La> calls = place(enter.get().calls(), to.get());
    Optional<La> leaving = place(leave.get().leave(), to.get());
    Optional<La> left = place(leave.get().lands(), to.get());
    if (entering.isEmpty()
        || entered.isEmpty()
        || calls.isEmpty()
        || leaving.isEmpty()
        || left.isEmpty()
        || instructions.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Gate(
            tree.at(),
            tree.name().text(),
            tree.from().text(),
            tree.to().text(),
            entering.get(),
            entered.get(),
            calls.get(),
            leaving.get(),
            left.get(),
            through,
            privilege,
            arguments,
            results,
            preserves,
            instructions.get(),
            new Invariants(scope, place -> place(place, to.get())).resolve(invariants)));
  }

  private Optional<PlannedView> view(Tree.Name name) {
    PlannedView view = views.get(name.text());
    if (view == null) {
      scope.unknown(name.at(), "view", name.text(), views.keySet());
    }
    return Optional.ofNullable(view);
  }

  private void direction(Tree.Gate tree, PlannedView from, PlannedView to) {
    if (!from.vm().equals(to.vm())) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.WRONG_VIEW,
                  tree.at(),
                  "gate '%s' leads from a view of vm '%s' into one of vm '%s'"
                      .formatted(
                          tree.name().text(), from.machine.vm().name(), to.machine.vm().name()))
              .hint("VMFUNC stays within one VM: map the other's memory as a window"));
    } else if (!from.isDefault() || to.isDefault()) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.WRONG_VIEW,
                  from.isDefault() ? tree.to().at() : tree.from().at(),
                  from.isDefault()
                      ? "gate '%s' leads into default view '%s'"
                          .formatted(tree.name().text(), to.name())
                      : "gate '%s' starts in protected view '%s'"
                          .formatted(tree.name().text(), from.name()))
              .hint("a gate leads from the view at index 0 into a protected one, and back"));
    }
  }

  private Optional<Long> bound(
      Tree.Gate tree, Optional<Tree.AtMost> bound, Optional<PlannedView> to) {
    if (bound.isPresent()) {
      return scope.evaluator.between(
          bound.get().instructions(), "instruction bound", 1, Long.MAX_VALUE);
    }
    if (to.isPresent() && to.get().mediationNotClaimed.isPresent()) {
      return Optional.of(UNCLAIMED_BOUND);
    }
    if (to.isPresent()) {
      scope.missing(
          tree.at(),
          "gate '" + tree.name().text() + "' has no bound on its instructions",
          "add: at most 4096 instructions");
    }
    return Optional.empty();
  }

  private Set<Register> registers(
      Map<Tree.RegisterUse, Tree.Registers> said, Tree.RegisterUse use) {
    Set<Register> registers = EnumSet.noneOf(Register.class);
    Tree.Registers tree = said.get(use);
    if (tree != null) {
      for (Tree.Name name : tree.registers()) {
        register(name)
            .ifPresent(r -> {
              if (!registers.add(r)) {
                scope.twice(name.at(), name.text());
              }
            });
      }
    }
    return registers;
  }

  private Optional<Register> register(Tree.Name name) {
    return Words.find(Words.REGISTERS, name, "a general-purpose register", scope.diagnostics);
  }

  /** A linear address, in the terms of the gate's protected view. */
  private Optional<La> place(Tree.Place place, PlannedView view) {
    return switch (place) {
      case Tree.AddressPlace a -> scope.evaluator.word(a.address(), "linear address").map(La::new);
      case Tree.SymbolPlace s -> symbol(s.at(), s.reference(), view);
    };
  }

  private Optional<La> symbol(Location at, String reference, PlannedView view) {
    Optional<CodeUnits.Defined> defined = units.symbol(new Tree.Name(at, reference));
    if (defined.isEmpty()) {
      return Optional.empty();
    }
    if (defined.get().symbol().absolute()) {
      return Optional.of(new La(defined.get().symbol().offset()));
    }
    int section = defined.get().symbol().section().orElseThrow();
    Map<Integer, Long> placed = view.placed.getOrDefault(defined.get().unit().name(), Map.of());
    Long la = placed.get(section);
    if (la == null) {
      String name =
          defined
              .get()
              .unit()
              .section(section)
              .map(s -> "section '" + s.name() + "'")
              .orElse("a section without content");
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.SYMBOL_NOT_PLACED,
                  at,
                  "'%s' is in %s, which view '%s' does not map"
                      .formatted(reference, name, view.name()))
              .also(view.tree.at(), "the view is here"));
      return Optional.empty();
    }
    return units
        .at(defined.get().unit(), placed)
        .map(unit -> unit.symbolsNamed(defined.get().symbol().name()).getFirst())
        .map(symbol -> new La(la + symbol.offset()));
  }
}
