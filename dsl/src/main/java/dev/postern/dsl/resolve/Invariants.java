package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.La;
import dev.postern.model.LoopInvariant;
import dev.postern.model.LoopInvariant.Addend;
import dev.postern.model.LoopInvariant.Comparison;
import dev.postern.model.LoopInvariant.Quantity;
import dev.postern.model.LoopInvariant.Relation;
import dev.postern.model.LoopInvariant.Sum;
import dev.postern.model.Register;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Resolves what a gate says of its loops. A name of a register is one, whatever constants exist.
 */
final class Invariants {

  private final Scope scope;
  private final Function<Tree.Place, Optional<La>> places;

  /** {@code places} finds a place in the gate's protected view. */
  Invariants(Scope scope, Function<Tree.Place, Optional<La>> places) {
    this.scope = scope;
    this.places = places;
  }

  List<LoopInvariant> resolve(List<Tree.LoopInvariant> trees) {
    List<LoopInvariant> invariants = new ArrayList<>();
    Set<La> heads = new HashSet<>();
    for (Tree.LoopInvariant tree : trees) {
      List<Comparison> holds = new ArrayList<>();
      for (Tree.Comparison comparison : tree.holds()) {
        comparison(comparison).ifPresent(holds::add);
      }
      if (tree.holds().isEmpty()) {
        scope.missing(tree.at(), "an invariant that says nothing", "add: rcx <= 64");
      }
      Optional<La> head = places.apply(tree.head());
      if (head.isPresent() && !heads.add(head.get())) {
        scope.twice(tree.at(), "invariant at this place");
      } else if (head.isPresent() && !holds.isEmpty()) {
        invariants.add(new LoopInvariant(tree.at(), head.get(), holds));
      }
    }
    return invariants;
  }

  private Optional<Comparison> comparison(Tree.Comparison tree) {
    Optional<Sum> left = sum(tree.left());
    Optional<Sum> right = sum(tree.right());
    if (left.isEmpty() || right.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (tree.sign()) {
          case "<" -> new Comparison(left.get(), Relation.LESS, right.get());
          case "<=" -> new Comparison(left.get(), Relation.AT_MOST, right.get());
          case ">" -> new Comparison(right.get(), Relation.LESS, left.get());
          case ">=" -> new Comparison(right.get(), Relation.AT_MOST, left.get());
          default -> new Comparison(left.get(), Relation.EQUAL, right.get());
        });
  }

  /** Constants are added up and come first, where there are any or the first addend is negative. */
  private Optional<Sum> sum(Tree.Sum tree) {
    long constant = 0;
    List<Addend> addends = new ArrayList<>();
    for (Tree.Addend addend : tree.addends()) {
      Optional<Long> times =
          addend.times().isEmpty()
              ? Optional.of(1L)
              : scope.evaluator.word(addend.times().get(), "factor");
      Optional<Addend> one = times.flatMap(n -> quantity(addend, addend.minus() ? -n : n));
      if (one.isEmpty()) {
        return Optional.empty();
      }
      if (one.get().quantity() instanceof Quantity.One) {
        constant += one.get().times();
      } else if (one.get().times() != 0) {
        addends.add(one.get());
      }
    }
    if (constant != 0 || addends.isEmpty() || addends.getFirst().negative()) {
      addends.addFirst(new Addend(constant, new Quantity.One()));
    }
    return Optional.of(new Sum(addends));
  }

  private Optional<Addend> quantity(Tree.Addend addend, long times) {
    return switch (addend.quantity()) {
      case Tree.StackSlot slot -> slot(slot).map(found -> new Addend(times, found));
      case Tree.Amount(_, Tree.Expression amount) -> {
        Optional<Register> register = register(amount);
        if (register.isPresent()) {
          yield Optional.of(new Addend(times, new Quantity.InRegister(register.get())));
        }
        yield scope
            .evaluator
            .word(amount, "constant")
            .map(value -> new Addend(times * value, new Quantity.One()));
      }
    };
  }

  private static Optional<Register> register(Tree.Expression amount) {
    return amount instanceof Tree.Use(_, String name)
        ? Optional.ofNullable(Words.REGISTERS.get(name))
        : Optional.empty();
  }

  private Optional<Quantity> slot(Tree.StackSlot slot) {
    if (!slot.base().text().equals("rsp")) {
      scope.error(
          Code.UNKNOWN_WORD,
          slot.base().at(),
          "'" + slot.base().text() + "' does not point to the stack here",
          "a stack slot is counted from rsp: [rsp + 8]");
      return Optional.empty();
    }
    Optional<Long> offset =
        slot.offset().isEmpty()
            ? Optional.of(0L)
            : scope.evaluator.between(slot.offset().get(), "offset from rsp", 0, 1 << 20);
    Optional<Long> bytes =
        slot.size().isEmpty()
            ? Optional.of(8L)
            : scope.evaluator.between(slot.size().get(), "size of a stack slot", 1, 8);
    if (bytes.isPresent() && Long.bitCount(bytes.get()) != 1) {
      scope.error(
          Code.OUT_OF_RANGE,
          slot.at(),
          "size of a stack slot: " + bytes.get() + " is not a power of two",
          "1, 2, 4 or 8");
      return Optional.empty();
    }
    return offset.flatMap(at -> bytes.map(size -> new Quantity.OnStack(at, size.intValue())));
  }
}
