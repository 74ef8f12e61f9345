package dev.postern.verifier.rule;

import dev.postern.model.Cpu;
import dev.postern.model.PageSize;
import dev.postern.x86.Algebra;

/**
 * The bit rules of EPT entries and EPT pointers as formulas over any bit-vector algebra (security
 * model, section 4): over terms they are SMT obligations about all 2^64 entries, over constants a
 * second opinion on each entry of a policy. Answers are one bit.
 */
final class EntryTerms<V> {

  private final Algebra<V> algebra;
  private final Cpu cpu;

  EntryTerms(Algebra<V> algebra, Cpu cpu) {
    this.algebra = algebra;
    this.cpu = cpu;
  }

  /**
   * {@code validEPTP(e) := mt(e) ∈ {0, 6} ∧ e[5:3] ∈ {3, 4|cap5L} ∧ (e[6] → capAD) ∧ (e[7] →
   * capSSS) ∧ e[11:8] = 0 ∧ e[63:MAXPA] = 0}.
   */
  V validPointer(V e) {
    V type = algebra.extract(e, 2, 0);
    V levels = algebra.extract(e, 5, 3);
    V valid = algebra.or(is(type, 0), is(type, 6));
    valid =
        algebra.and(
            valid, cpu.fiveLevel() ? algebra.or(is(levels, 3), is(levels, 4)) : is(levels, 3));
    valid = algebra.and(valid, algebra.or(algebra.not(bit(e, 6)), when(cpu.accessedDirty())));
    valid = algebra.and(valid, algebra.or(algebra.not(bit(e, 7)), when(cpu.shadowStack())));
    valid = algebra.and(valid, is(algebra.extract(e, 11, 8), 0));
    return algebra.and(valid, is(algebra.extract(e, 63, cpu.physicalAddressWidth()), 0));
  }

  /** {@code present(x) := x[2:0] ≠ 0 ∨ (MBEC ∧ x[10])}. */
  V present(V x) {
    return algebra.or(algebra.not(is(algebra.extract(x, 2, 0), 0)), userExecute(x));
  }

  /**
   * {@code mis(x) := present(x) ∧ ((W ∧ ¬R) ∨ (¬capXO ∧ X ∧ ¬R) ∨ MT ∈ {2, 3, 7} ∨ rsv(x, level))}.
   */
  V misconfigured(V x, PageSize size) {
    V unreadable = algebra.not(bit(x, 0));
    V executable = algebra.or(bit(x, 2), userExecute(x));
    V type = algebra.extract(x, 5, 3);
    V wrong = algebra.and(bit(x, 1), unreadable);
    wrong =
        algebra.or(
            wrong, algebra.and(when(!cpu.executeOnly()), algebra.and(executable, unreadable)));
    wrong = algebra.or(wrong, algebra.or(is(type, 2), algebra.or(is(type, 3), is(type, 7))));
    wrong = algebra.or(wrong, reserved(x, size));
    return algebra.and(present(x), wrong);
  }

  private V reserved(V x, PageSize size) {
    V above =
        cpu.physicalAddressWidth() == 52
            ? when(false)
            : algebra.not(is(algebra.extract(x, 51, cpu.physicalAddressWidth()), 0));
    if (size == PageSize.SMALL) {
      return above;
    }
    V below = algebra.not(is(algebra.extract(x, size.shift() - 1, 12), 0));
    return algebra.or(when(!cpu.pageSizes().contains(size)), algebra.or(above, below));
  }

  private V userExecute(V x) {
    return algebra.and(when(!cpu.without(Cpu.Feature.MBEC)), bit(x, 10));
  }

  private V bit(V value, int position) {
    return algebra.extract(value, position, position);
  }

  private V is(V value, long constant) {
    return algebra.eq(value, algebra.constant(algebra.width(value), constant));
  }

  private V when(boolean condition) {
    return algebra.constant(1, condition ? 1 : 0);
  }
}
