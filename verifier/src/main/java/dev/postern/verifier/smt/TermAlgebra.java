package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import java.util.Optional;
import java.util.function.BinaryOperator;

/**
 * Builds terms and simplifies while it builds: constants are folded, known bits and intervals
 * decide what they can, and the rules of {@link BitwiseRules}, {@link SumRules}, {@link
 * ShapeRules}, {@link ComparisonRules} and {@link ChoiceRules} bring terms to shapes in which equal
 * values are likely to be one term. Every rule is an equation of QF_BV: the result has the same
 * value as the operation asked for, under every assignment.
 *
 * <p>What is built depends on the operands' structure alone, not on what the store holds already.
 * One thread at a time.
 */
public final class TermAlgebra implements Algebra<Term> {

  /**
   * How deep rules may call each other. A rule moves work to smaller terms, but down a long chain;
   * past this depth the operation is built as asked, which bounds both stack and time.
   */
  private static final int MAX_NESTING = 48;

  /**
   * An operation of one operand, with up to two indices as in SMT-LIB's {@code (_ extract i j)}.
   */
  private record Unary(UnaryOnBits onConstants, UnaryOnTerm asked, UnaryOnTerm rules) {}

  private interface UnaryOnBits {
    Bits apply(Bits a, int i, int j);
  }

  private interface UnaryOnTerm {
    Term apply(TermAlgebra to, Term a, int i, int j);
  }

  /**
   * An operation of two operands: of constants, as asked for, and by the rules. Nothing in it
   * belongs to one algebra, so that no operation makes objects to say what it does.
   */
  private record Binary(
      BinaryOperator<Bits> onConstants, BinaryOnTerms asked, BinaryOnTerms rules) {}

  private interface BinaryOnTerms {
    Term apply(TermAlgebra to, Term a, Term b);
  }

  private static final Unary NOT =
      new Unary(
          (a, _, _) -> ConcreteAlgebra.INSTANCE.not(a),
          (to, a, _, _) -> to.store.not(a),
          (to, a, _, _) -> to.bitwise.not(a));

  private static final Unary NEG =
      new Unary(
          (a, _, _) -> ConcreteAlgebra.INSTANCE.neg(a),
          (to, a, _, _) -> to.store.neg(a),
          (to, a, _, _) -> to.sums.neg(a));

  private static final Unary EXTRACT =
      new Unary(
          ConcreteAlgebra.INSTANCE::extract,
          (to, a, high, low) -> to.store.extract(a, high, low),
          (to, a, high, low) -> to.shapes.extract(a, high, low));

  private static final Unary ZERO_EXTEND =
      new Unary(
          (a, width, _) -> ConcreteAlgebra.INSTANCE.zeroExtend(a, width),
          (to, a, width, _) -> to.store.zeroExtend(a, width),
          (to, a, width, _) -> to.shapes.zeroExtend(a, width));

  private static final Unary SIGN_EXTEND =
      new Unary(
          (a, width, _) -> ConcreteAlgebra.INSTANCE.signExtend(a, width),
          (to, a, width, _) -> to.store.signExtend(a, width),
          (to, a, width, _) -> to.shapes.signExtend(a, width));

  private static final Binary AND =
      new Binary(
          ConcreteAlgebra.INSTANCE::and,
          (to, a, b) -> to.store.and(a, b),
          (to, a, b) -> to.bitwise.and(a, b));

  private static final Binary OR =
      new Binary(
          ConcreteAlgebra.INSTANCE::or,
          (to, a, b) -> to.store.or(a, b),
          (to, a, b) -> to.bitwise.or(a, b));

  private static final Binary XOR =
      new Binary(
          ConcreteAlgebra.INSTANCE::xor,
          (to, a, b) -> to.store.xor(a, b),
          (to, a, b) -> to.bitwise.xor(a, b));

  private static final Binary ADD =
      new Binary(
          ConcreteAlgebra.INSTANCE::add,
          (to, a, b) -> to.store.add(a, b),
          (to, a, b) -> to.sums.add(a, b));

  private static final Binary SUB =
      new Binary(
          ConcreteAlgebra.INSTANCE::sub,
          (to, a, b) -> to.store.sub(a, b),
          (to, a, b) -> to.sums.sub(a, b));

  private static final Binary MUL =
      new Binary(
          ConcreteAlgebra.INSTANCE::mul,
          (to, a, b) -> to.store.mul(a, b),
          (to, a, b) -> to.sums.mul(a, b));

  private static final Binary UDIV =
      new Binary(
          ConcreteAlgebra.INSTANCE::udiv,
          (to, a, b) -> to.store.udiv(a, b),
          (to, a, b) -> to.sums.udiv(a, b));

  private static final Binary UREM =
      new Binary(
          ConcreteAlgebra.INSTANCE::urem,
          (to, a, b) -> to.store.urem(a, b),
          (to, a, b) -> to.sums.urem(a, b));

  private static final Binary SHL =
      new Binary(
          ConcreteAlgebra.INSTANCE::shl,
          (to, a, b) -> to.store.shl(a, b),
          (to, a, b) -> to.shapes.shl(a, b));

  private static final Binary LSHR =
      new Binary(
          ConcreteAlgebra.INSTANCE::lshr,
          (to, a, b) -> to.store.lshr(a, b),
          (to, a, b) -> to.shapes.lshr(a, b));

  private static final Binary ASHR =
      new Binary(
          ConcreteAlgebra.INSTANCE::ashr,
          (to, a, b) -> to.store.ashr(a, b),
          (to, a, b) -> to.shapes.ashr(a, b));

  private static final Binary EQ =
      new Binary(
          ConcreteAlgebra.INSTANCE::eq,
          (to, a, b) -> to.store.eq(a, b),
          (to, a, b) -> to.comparisons.eq(a, b));

  private static final Binary ULT =
      new Binary(
          ConcreteAlgebra.INSTANCE::ult,
          (to, a, b) -> to.store.ult(a, b),
          (to, a, b) -> to.comparisons.ult(a, b));

  private static final Binary SLT =
      new Binary(
          ConcreteAlgebra.INSTANCE::slt,
          (to, a, b) -> to.store.slt(a, b),
          (to, a, b) -> to.comparisons.slt(a, b));

  private static final Binary CONCAT =
      new Binary(
          ConcreteAlgebra.INSTANCE::concat,
          (to, a, b) -> to.store.concat(a, b),
          (to, a, b) -> to.shapes.concat(a, b));

  private final TermStore store;
  private final BitwiseRules bitwise;
  private final SumRules sums;
  private final ShapeRules shapes;
  private final ComparisonRules comparisons;
  private final ChoiceRules choices;
  private int nesting;

  public TermAlgebra() {
    this(new TermStore());
  }

  public TermAlgebra(TermStore store) {
    this.store = store;
    this.bitwise = new BitwiseRules(this, store);
    this.sums = new SumRules(this, store);
    this.shapes = new ShapeRules(this, store);
    this.comparisons = new ComparisonRules(this, store);
    this.choices = new ChoiceRules(this, store);
  }

  public TermStore store() {
    return store;
  }

  /** The variable of that name; see {@link TermStore#variable}. */
  public Term.Variable variable(String name, int width) {
    return store.variable(name, width);
  }

  public Term constant(Bits value) {
    return store.constant(value);
  }

  /** The one-bit constant. */
  public Term constant(boolean value) {
    return store.constant(Bits.bit(value));
  }

  /** One bit: whether all are 1. */
  public Term all(Iterable<Term> conditions) {
    Term result = constant(true);
    for (Term condition : conditions) {
      result = and(result, condition);
    }
    return result;
  }

  /** One bit: whether some is 1. */
  public Term any(Iterable<Term> conditions) {
    Term result = constant(false);
    for (Term condition : conditions) {
      result = or(result, condition);
    }
    return result;
  }

  @Override
  public Term constant(int width, long value) {
    return store.constant(width, value);
  }

  @Override
  public int width(Term value) {
    return value.width();
  }

  private Term unary(Unary operation, Term a, int i, int j) {
    if (a instanceof Term.Constant known) {
      return store.constant(operation.onConstants.apply(known.value(), i, j));
    }
    if (nesting >= MAX_NESTING) {
      return settled(operation.asked.apply(this, a, i, j));
    }
    nesting++;
    try {
      return settled(
          ChoiceRules.isChoiceOfConstants(a)
              ? choices.mapArms((Term.Apply) a, arm -> operation.onConstants.apply(arm, i, j))
              : operation.rules.apply(this, a, i, j));
    } finally {
      nesting--;
    }
  }

  private Term binary(Binary operation, Term a, Term b) {
    if (a instanceof Term.Constant left && b instanceof Term.Constant right) {
      return store.constant(operation.onConstants.apply(left.value(), right.value()));
    }
    if (nesting >= MAX_NESTING) {
      return settled(operation.asked.apply(this, a, b));
    }
    nesting++;
    try {
      if (ChoiceRules.isChoiceOfConstants(a) && b instanceof Term.Constant right) {
        return choices.mapArms(
            (Term.Apply) a, arm -> operation.onConstants.apply(arm, right.value()));
      }
      if (ChoiceRules.isChoiceOfConstants(b) && a instanceof Term.Constant left) {
        return choices.mapArms(
            (Term.Apply) b, arm -> operation.onConstants.apply(left.value(), arm));
      }
      return settled(operation.rules.apply(this, a, b));
    } finally {
      nesting--;
    }
  }

  /** The constant, if facts leave one value. */
  private Term settled(Term term) {
    if (term instanceof Term.Constant) {
      return term;
    }
    Optional<Bits> value = term.facts().value();
    return value.isPresent() ? store.constant(value.get()) : term;
  }

  @Override
  public Term not(Term a) {
    return unary(NOT, a, 0, 0);
  }

  @Override
  public Term neg(Term a) {
    return unary(NEG, a, 0, 0);
  }

  @Override
  public Term and(Term a, Term b) {
    return binary(AND, a, b);
  }

  @Override
  public Term or(Term a, Term b) {
    return binary(OR, a, b);
  }

  @Override
  public Term xor(Term a, Term b) {
    return binary(XOR, a, b);
  }

  @Override
  public Term add(Term a, Term b) {
    return binary(ADD, a, b);
  }

  @Override
  public Term sub(Term a, Term b) {
    return binary(SUB, a, b);
  }

  @Override
  public Term mul(Term a, Term b) {
    return binary(MUL, a, b);
  }

  @Override
  public Term udiv(Term a, Term b) {
    return binary(UDIV, a, b);
  }

  @Override
  public Term urem(Term a, Term b) {
    return binary(UREM, a, b);
  }

  @Override
  public Term shl(Term a, Term amount) {
    return binary(SHL, a, amount);
  }

  @Override
  public Term lshr(Term a, Term amount) {
    return binary(LSHR, a, amount);
  }

  @Override
  public Term ashr(Term a, Term amount) {
    return binary(ASHR, a, amount);
  }

  @Override
  public Term eq(Term a, Term b) {
    return binary(EQ, a, b);
  }

  @Override
  public Term ult(Term a, Term b) {
    return binary(ULT, a, b);
  }

  @Override
  public Term slt(Term a, Term b) {
    return binary(SLT, a, b);
  }

  @Override
  public Term ite(Term condition, Term then, Term otherwise) {
    if (nesting >= MAX_NESTING) {
      return settled(store.ite(condition, then, otherwise));
    }
    nesting++;
    try {
      return settled(choices.ite(condition, then, otherwise));
    } finally {
      nesting--;
    }
  }

  @Override
  public Term extract(Term a, int high, int low) {
    return unary(EXTRACT, a, high, low);
  }

  @Override
  public Term concat(Term high, Term low) {
    return binary(CONCAT, high, low);
  }

  @Override
  public Term zeroExtend(Term a, int width) {
    return unary(ZERO_EXTEND, a, width, 0);
  }

  @Override
  public Term signExtend(Term a, int width) {
    return unary(SIGN_EXTEND, a, width, 0);
  }
}
