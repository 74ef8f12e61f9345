package dev.postern.verifier.machine;

import dev.postern.model.LoopInvariant;
import dev.postern.model.LoopInvariant.Addend;
import dev.postern.model.LoopInvariant.Comparison;
import dev.postern.model.LoopInvariant.Quantity;
import dev.postern.model.LoopInvariant.Sum;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Gpr;
import java.util.Optional;

/**
 * What a policy says of a loop, as terms. It is assumed of a state at the head only to see whether
 * a round brings it back, and only after it was seen to hold at first: the step of an induction.
 */
final class Declared {

  private final Explorer explorer;
  private final TermAlgebra algebra;
  private final LoopInvariant said;

  Declared(Explorer explorer, LoopInvariant said) {
    this.explorer = explorer;
    this.algebra = explorer.algebra();
    this.said = said;
  }

  /** Assumes all of it of {@code head}; what cannot be read there was refused before. */
  void assumed(State head) {
    for (Comparison comparison : said.holds()) {
      in(head, comparison).ifPresent(head::assume);
    }
  }

  /** The first comparison that is not certain in {@code state}, in words. */
  Optional<String> refused(State state, String when) {
    for (Comparison comparison : said.holds()) {
      Optional<Term> holds = in(state, comparison);
      if (holds.isEmpty() || !explorer.excluded(state.condition(), algebra.not(holds.get()))) {
        return Optional.of(
            "what the policy says at %s of the loop does not hold %s: %s"
                .formatted(said.at(), when, comparison));
      }
    }
    return Optional.empty();
  }

  String insufficient() {
    return "what the policy says at " + said.at() + " of the loop does not bound its rounds";
  }

  private Optional<Term> in(State state, Comparison comparison) {
    Optional<Term> left = in(state, comparison.left());
    Optional<Term> right = in(state, comparison.right());
    if (left.isEmpty() || right.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (comparison.relation()) {
          case LESS -> algebra.ult(left.get(), right.get());
          case AT_MOST -> algebra.not(algebra.ult(right.get(), left.get()));
          case EQUAL -> algebra.eq(left.get(), right.get());
        });
  }

  private Optional<Term> in(State state, Sum sum) {
    Term total = algebra.constant(64, 0);
    for (Addend addend : sum.addends()) {
      Optional<Term> quantity = in(state, addend.quantity());
      if (quantity.isEmpty()) {
        return Optional.empty();
      }
      Term times = algebra.constant(64, addend.times());
      total = algebra.add(total, algebra.mul(times, quantity.get()));
    }
    return Optional.of(total);
  }

  private Optional<Term> in(State state, Quantity quantity) {
    return switch (quantity) {
      case Quantity.One one -> Optional.of(algebra.constant(64, 1));
      case Quantity.InRegister(dev.postern.model.Register register) ->
          Optional.of(state.gpr(Gpr.valueOf(register.name())));
      case Quantity.OnStack(long offset, int bytes) -> onStack(state, offset, bytes);
    };
  }

  /** Private memory is exact where the stack pointer is known. */
  private Optional<Term> onStack(State state, long offset, int bytes) {
    if (!(state.gpr(Gpr.RSP) instanceof Term.Constant)) {
      return Optional.empty();
    }
    long la = SymbolicCpu.constant(state.gpr(Gpr.RSP)) + offset;
    Optional<Mapping> first = explorer.space().at(la);
    boolean exact =
        first.filter(m -> m.role() == Role.PRIVATE && m.leaf().read()).isPresent()
            && first.equals(explorer.space().at(la + bytes - 1));
    if (!exact) {
      return Optional.empty();
    }
    Term value = new Place.Cell(la, bytes).in(algebra, state);
    return Optional.of(bytes == 8 ? value : algebra.zeroExtend(value, 64));
  }
}
