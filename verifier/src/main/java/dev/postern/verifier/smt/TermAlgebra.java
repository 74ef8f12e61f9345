package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

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

  private Term unary(
      Term a,
      UnaryOperator<Bits> onConstants,
      UnaryOperator<Term> asked,
      UnaryOperator<Term> rules) {
    if (a instanceof Term.Constant known) {
      return store.constant(onConstants.apply(known.value()));
    }
    if (nesting >= MAX_NESTING) {
      return settled(asked.apply(a));
    }
    nesting++;
    try {
      return settled(
          ChoiceRules.isChoiceOfConstants(a)
              ? choices.mapArms((Term.Apply) a, onConstants)
              : rules.apply(a));
    } finally {
      nesting--;
    }
  }

  private Term binary(
      Term a,
      Term b,
      BinaryOperator<Bits> onConstants,
      BinaryOperator<Term> asked,
      BinaryOperator<Term> rules) {
    if (a instanceof Term.Constant left && b instanceof Term.Constant right) {
      return store.constant(onConstants.apply(left.value(), right.value()));
    }
    if (nesting >= MAX_NESTING) {
      return settled(asked.apply(a, b));
    }
    nesting++;
    try {
      if (ChoiceRules.isChoiceOfConstants(a) && b instanceof Term.Constant right) {
        return choices.mapArms((Term.Apply) a, arm -> onConstants.apply(arm, right.value()));
      }
      if (ChoiceRules.isChoiceOfConstants(b) && a instanceof Term.Constant left) {
        return choices.mapArms((Term.Apply) b, arm -> onConstants.apply(left.value(), arm));
      }
      return settled(rules.apply(a, b));
    } finally {
      nesting--;
    }
  }

  /** The constant, if facts leave one value. */
  private Term settled(Term term) {
    return term instanceof Term.Constant
        ? term
        : term.facts().value().<Term>map(store::constant).orElse(term);
  }

  @Override
  public Term not(Term a) {
    return unary(a, ConcreteAlgebra.INSTANCE::not, store::not, bitwise::not);
  }

  @Override
  public Term neg(Term a) {
    return unary(a, ConcreteAlgebra.INSTANCE::neg, store::neg, sums::neg);
  }

  @Override
  public Term and(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::and, store::and, bitwise::and);
  }

  @Override
  public Term or(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::or, store::or, bitwise::or);
  }

  @Override
  public Term xor(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::xor, store::xor, bitwise::xor);
  }

  @Override
  public Term add(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::add, store::add, sums::add);
  }

  @Override
  public Term sub(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::sub, store::sub, sums::sub);
  }

  @Override
  public Term mul(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::mul, store::mul, sums::mul);
  }

  @Override
  public Term udiv(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::udiv, store::udiv, sums::udiv);
  }

  @Override
  public Term urem(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::urem, store::urem, sums::urem);
  }

  @Override
  public Term shl(Term a, Term amount) {
    return binary(a, amount, ConcreteAlgebra.INSTANCE::shl, store::shl, shapes::shl);
  }

  @Override
  public Term lshr(Term a, Term amount) {
    return binary(a, amount, ConcreteAlgebra.INSTANCE::lshr, store::lshr, shapes::lshr);
  }

  @Override
  public Term ashr(Term a, Term amount) {
    return binary(a, amount, ConcreteAlgebra.INSTANCE::ashr, store::ashr, shapes::ashr);
  }

  @Override
  public Term eq(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::eq, store::eq, comparisons::eq);
  }

  @Override
  public Term ult(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::ult, store::ult, comparisons::ult);
  }

  @Override
  public Term slt(Term a, Term b) {
    return binary(a, b, ConcreteAlgebra.INSTANCE::slt, store::slt, comparisons::slt);
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
    return unary(
        a,
        x -> ConcreteAlgebra.INSTANCE.extract(x, high, low),
        x -> store.extract(x, high, low),
        x -> shapes.extract(x, high, low));
  }

  @Override
  public Term concat(Term high, Term low) {
    return binary(high, low, ConcreteAlgebra.INSTANCE::concat, store::concat, shapes::concat);
  }

  @Override
  public Term zeroExtend(Term a, int width) {
    return unary(
        a,
        x -> ConcreteAlgebra.INSTANCE.zeroExtend(x, width),
        x -> store.zeroExtend(x, width),
        x -> shapes.zeroExtend(x, width));
  }

  @Override
  public Term signExtend(Term a, int width) {
    return unary(
        a,
        x -> ConcreteAlgebra.INSTANCE.signExtend(x, width),
        x -> store.signExtend(x, width),
        x -> shapes.signExtend(x, width));
  }
}
