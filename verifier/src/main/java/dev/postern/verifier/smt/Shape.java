package dev.postern.verifier.smt;

/** Questions about a term's outermost structure, and the order of commutative operands. */
final class Shape {

  private Shape() {}

  static boolean is(Term term, Operator operator) {
    return term instanceof Term.Apply apply && apply.operator() == operator;
  }

  /** Operand {@code i} of a term that {@link #is} an operation. */
  static Term operand(Term term, int i) {
    return ((Term.Apply) term).operand(i);
  }

  /** Whether the term is {@code operator} with a constant as its second operand. */
  static boolean isWithConstant(Term term, Operator operator) {
    return is(term, operator) && operand(term, 1) instanceof Term.Constant;
  }

  /** Whether one of two operands is {@code part}. */
  static boolean has(Term term, Operator operator, Term part) {
    return is(term, operator) && (operand(term, 0) == part || operand(term, 1) == part);
  }

  /** The operand of a two-operand term that is not {@code part}, which it {@link #has}. */
  static Term other(Term term, Term part) {
    return operand(term, 0) == part ? operand(term, 1) : operand(term, 0);
  }

  static boolean complementary(Term a, Term b) {
    return (is(a, Operator.NOT) && operand(a, 0) == b)
        || (is(b, Operator.NOT) && operand(b, 0) == a);
  }

  /** Whether commutative operands should change places: constants go last, else by structure. */
  static boolean outOfOrder(Term a, Term b) {
    return !(b instanceof Term.Constant)
        && (a instanceof Term.Constant
            || Long.compareUnsigned(a.structuralHash(), b.structuralHash()) > 0);
  }

  static boolean isZero(Term term) {
    return term instanceof Term.Constant c && !c.value().isTrue();
  }

  static boolean isOnes(Term term) {
    return term instanceof Term.Constant c && allOnes(c);
  }

  private static boolean allOnes(Term.Constant c) {
    int width = c.width();
    return width <= 64
        ? c.value().low() == Facts.mask(width)
        : c.value().low() == -1L && c.value().high() == Facts.mask(width - 64);
  }
}
