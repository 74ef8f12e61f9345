package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Operator;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A place that a computed branch may lead to.
 *
 * @param guard one bit: whether it does
 */
record Target(long la, Term guard) {

  /** Targets of one branch that are split; more are not followed. */
  private static final int MOST = 256;

  /** All targets of {@code address}, where it is a choice of constants; their guards exclude. */
  static Optional<List<Target>> of(TermAlgebra algebra, Term address) {
    List<Target> targets = new ArrayList<>();
    return collect(algebra, new Lifted(algebra).of(address), algebra.constant(true), targets)
        ? Optional.of(targets)
        : Optional.empty();
  }

  private static boolean collect(TermAlgebra algebra, Term address, Term guard, List<Target> into) {
    if (address instanceof Term.Constant) {
      into.add(new Target(SymbolicCpu.constant(address), guard));
      return into.size() <= MOST;
    }
    if (address instanceof Term.Apply apply && apply.operator() == Operator.ITE) {
      Term condition = apply.operand(0);
      Term otherwise = algebra.not(condition);
      return collect(algebra, apply.operand(1), algebra.and(guard, condition), into)
          && collect(algebra, apply.operand(2), algebra.and(guard, otherwise), into);
    }
    return false;
  }
}
