package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Shape.complementary;
import static dev.postern.verifier.smt.Shape.has;
import static dev.postern.verifier.smt.Shape.is;
import static dev.postern.verifier.smt.Shape.isOnes;
import static dev.postern.verifier.smt.Shape.isWithConstant;
import static dev.postern.verifier.smt.Shape.isZero;
import static dev.postern.verifier.smt.Shape.operand;
import static dev.postern.verifier.smt.Shape.other;
import static dev.postern.verifier.smt.Shape.outOfOrder;

import dev.postern.x86.Bits;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** not, and, or, xor. At one bit these are the Boolean connectives. */
final class BitwiseRules {

  private final TermAlgebra t;
  private final TermStore store;

  BitwiseRules(TermAlgebra t, TermStore store) {
    this.t = t;
    this.store = store;
  }

  Term not(Term a) {
    if (is(a, Operator.NOT)) { // ~~x = x
      return operand(a, 0);
    }
    if (isWithConstant(a, Operator.XOR)) { // ~(x ^ c) = x ^ ~c
      return t.xor(operand(a, 0), t.not(operand(a, 1)));
    }
    return store.not(a);
  }

  Term and(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return and(b, a);
    }
    if (a == b || isZero(b)) { // x & x = x, x & 0 = 0
      return b;
    }
    if (isOnes(b)) { // x & ~0 = x
      return a;
    }
    if (complementary(a, b)) { // x & ~x = 0
      return zero(a.width());
    }
    if (coveredBy(a, b)) { // every bit that a may have, b surely has
      return a;
    }
    if (coveredBy(b, a)) {
      return b;
    }
    if (has(a, Operator.AND, b) || has(b, Operator.OR, a)) { // (x & y) & x = x & y, x & (x | y) = x
      return a;
    }
    if (has(b, Operator.AND, a) || has(a, Operator.OR, b)) {
      return b;
    }
    if (isWithConstant(a, Operator.AND)) { // (x & c) & y = (x & y) & c
      return b instanceof Term.Constant
          ? t.and(operand(a, 0), t.and(operand(a, 1), b))
          : t.and(t.and(operand(a, 0), b), operand(a, 1));
    }
    if (isWithConstant(b, Operator.AND)) {
      return t.and(t.and(a, operand(b, 0)), operand(b, 1));
    }
    Optional<Term> without = withoutComplement(Operator.OR, a, b); // ~x & (x | y) = ~x & y
    if (without.isPresent()) {
      return t.and(a, without.get());
    }
    without = withoutComplement(Operator.OR, b, a);
    if (without.isPresent()) {
      return t.and(without.get(), b);
    }
    if (b instanceof Term.Constant mask) {
      Optional<Term> cut = cutByMask(a, mask);
      if (cut.isPresent()) {
        return cut.get();
      }
    }
    if (a.width() == 1 && differentValues(a, b)) { // x = 1 & x = 2 is false
      return t.constant(false);
    }
    return inParts(a, b, t::and).orElseGet(() -> store.and(a, b));
  }

  Term or(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return or(b, a);
    }
    if (a == b || isOnes(b)) { // x | x = x, x | ~0 = ~0
      return b;
    }
    if (isZero(b)) { // x | 0 = x
      return a;
    }
    if (complementary(a, b)) { // x | ~x = ~0
      return ones(a.width());
    }
    if (coveredBy(a, b)) {
      return b;
    }
    if (coveredBy(b, a)) {
      return a;
    }
    if (has(a, Operator.OR, b) || has(b, Operator.AND, a)) { // (x | y) | x = x | y, x | (x & y) = x
      return a;
    }
    if (has(b, Operator.OR, a) || has(a, Operator.AND, b)) {
      return b;
    }
    if (isWithConstant(a, Operator.OR)) { // (x | c) | y = (x | y) | c
      return b instanceof Term.Constant
          ? t.or(operand(a, 0), t.or(operand(a, 1), b))
          : t.or(t.or(operand(a, 0), b), operand(a, 1));
    }
    if (isWithConstant(b, Operator.OR)) {
      return t.or(t.or(a, operand(b, 0)), operand(b, 1));
    }
    Optional<Term> without = withoutComplement(Operator.AND, a, b); // ~x | (x & y) = ~x | y
    if (without.isPresent()) {
      return t.or(a, without.get());
    }
    without = withoutComplement(Operator.AND, b, a);
    if (without.isPresent()) {
      return t.or(without.get(), b);
    }
    return inParts(a, b, t::or).orElseGet(() -> store.or(a, b));
  }

  Term xor(Term a, Term b) {
    if (outOfOrder(a, b)) {
      return xor(b, a);
    }
    if (a == b) { // x ^ x = 0
      return zero(a.width());
    }
    if (isZero(b)) { // x ^ 0 = x
      return a;
    }
    if (isOnes(b)) { // x ^ ~0 = ~x
      return t.not(a);
    }
    if (complementary(a, b)) { // x ^ ~x = ~0
      return ones(a.width());
    }
    if (has(a, Operator.XOR, b)) { // (x ^ y) ^ x = y
      return other(a, b);
    }
    if (has(b, Operator.XOR, a)) {
      return other(b, a);
    }
    if (is(a, Operator.NOT)) { // ~x ^ y = ~(x ^ y)
      return t.not(t.xor(operand(a, 0), b));
    }
    if (is(b, Operator.NOT)) {
      return t.not(t.xor(a, operand(b, 0)));
    }
    if (isWithConstant(a, Operator.XOR)) { // (x ^ c) ^ y = (x ^ y) ^ c
      return b instanceof Term.Constant
          ? t.xor(operand(a, 0), t.xor(operand(a, 1), b))
          : t.xor(t.xor(operand(a, 0), b), operand(a, 1));
    }
    if (isWithConstant(b, Operator.XOR)) {
      return t.xor(t.xor(a, operand(b, 0)), operand(b, 1));
    }
    return inParts(a, b, t::xor).orElseGet(() -> store.xor(a, b));
  }

  private Term ones(int width) {
    return t.constant(Bits.of(width, -1L, -1L));
  }

  private Term zero(int width) {
    return t.constant(Bits.of(width, 0));
  }

  /** Whether every bit that {@code a} may have, {@code b} surely has. */
  private static boolean coveredBy(Term a, Term b) {
    return a.facts().recorded()
        && (Facts.mask(a.width()) & ~a.facts().zeros() & ~b.facts().ones()) == 0;
  }

  /** Of {@code whole = (~part OP y)} the {@code y}, where OP is {@code inner}. */
  private static Optional<Term> withoutComplement(Operator inner, Term part, Term whole) {
    if (is(whole, inner)) {
      for (int i = 0; i < 2; i++) {
        if (complementary(part, operand(whole, i))) {
          return Optional.of(operand(whole, 1 - i));
        }
      }
    }
    return Optional.empty();
  }

  /** {@code x = c} and {@code x = d}, for different constants. */
  private static boolean differentValues(Term a, Term b) {
    return isWithConstant(a, Operator.EQ)
        && isWithConstant(b, Operator.EQ)
        && operand(a, 0) == operand(b, 0)
        && operand(a, 1) != operand(b, 1);
  }

  /** x & 0..01..1 and x & 1..10..0 as the bits they keep. */
  private Optional<Term> cutByMask(Term a, Term.Constant mask) {
    int width = a.width();
    if (width > Facts.MAX_WIDTH) {
      return Optional.empty();
    }
    long kept = mask.value().low();
    int lowest = Long.numberOfTrailingZeros(kept);
    int above = 64 - Long.numberOfLeadingZeros(kept);
    if (lowest == 0 && kept == Facts.mask(above)) {
      return Optional.of(t.zeroExtend(t.extract(a, above - 1, 0), width));
    }
    if (above == width && kept == (Facts.mask(width) & ~Facts.mask(lowest))) {
      return Optional.of(t.concat(t.extract(a, width - 1, lowest), t.constant(lowest, 0)));
    }
    return Optional.empty();
  }

  /**
   * Works on the parts of two values that are put together at the same place, provided a part is
   * known, so that the work shrinks.
   */
  private Optional<Term> inParts(Term a, Term b, BinaryOperator<Term> operation) {
    int cut = cut(a) > 0 ? cut(a) : cut(b);
    if (cut == 0
        || !(cut(a) == cut || a instanceof Term.Constant)
        || !(cut(b) == cut || b instanceof Term.Constant)) {
      return Optional.empty();
    }
    int top = a.width() - 1;
    Term highA = t.extract(a, top, cut);
    Term highB = t.extract(b, top, cut);
    Term lowA = t.extract(a, cut - 1, 0);
    Term lowB = t.extract(b, cut - 1, 0);
    boolean shrinks =
        highA instanceof Term.Constant
            || highB instanceof Term.Constant
            || lowA instanceof Term.Constant
            || lowB instanceof Term.Constant;
    return shrinks
        ? Optional.of(t.concat(operation.apply(highA, highB), operation.apply(lowA, lowB)))
        : Optional.empty();
  }

  /** Where a concatenation or zero extension is put together: the width of its lower part, or 0. */
  private static int cut(Term a) {
    return is(a, Operator.CONCAT)
        ? operand(a, 1).width()
        : is(a, Operator.ZERO_EXTEND) ? operand(a, 0).width() : 0;
  }
}
