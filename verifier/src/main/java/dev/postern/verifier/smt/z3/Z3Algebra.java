package dev.postern.verifier.smt.z3;

import com.microsoft.z3.BitVecExpr;
import com.microsoft.z3.BitVecSort;
import com.microsoft.z3.BoolExpr;
import com.microsoft.z3.Context;
import com.microsoft.z3.Expr;
import dev.postern.x86.Algebra;

/**
 * Builds Z3's expressions. One-bit values are kept as Bool where Z3 computes them so, and converted
 * where they meet the other kind: the same choice that {@link dev.postern.verifier.smt.SmtLib}
 * prints.
 */
final class Z3Algebra implements Algebra<Expr<?>> {

  private final Context context;
  private final BitVecExpr one;
  private final BitVecExpr zero;

  Z3Algebra(Context context) {
    this.context = context;
    this.one = context.mkBV(1, 1);
    this.zero = context.mkBV(0, 1);
  }

  BoolExpr bool(Expr<?> value) {
    return value instanceof BoolExpr bool ? bool : context.mkEq(bits(value), one);
  }

  @SuppressWarnings("unchecked")
  Expr<BitVecSort> bits(Expr<?> value) {
    return value instanceof BoolExpr bool
        ? context.mkITE(bool, one, zero)
        : (Expr<BitVecSort>) value;
  }

  Expr<BitVecSort> variable(String name, int width) {
    return context.mkBVConst(name, width);
  }

  @Override
  public Expr<?> constant(int width, long value) {
    return value >= 0
        ? context.mkBV(value, width)
        : context.mkBV(Long.toUnsignedString(value), width);
  }

  @Override
  public int width(Expr<?> value) {
    return value instanceof BoolExpr ? 1 : bits(value).getSort().getSize();
  }

  @Override
  public Expr<?> not(Expr<?> a) {
    return width(a) == 1 ? context.mkNot(bool(a)) : context.mkBVNot(bits(a));
  }

  @Override
  public Expr<?> neg(Expr<?> a) {
    return context.mkBVNeg(bits(a));
  }

  @Override
  public Expr<?> and(Expr<?> a, Expr<?> b) {
    return width(a) == 1 ? context.mkAnd(bool(a), bool(b)) : context.mkBVAND(bits(a), bits(b));
  }

  @Override
  public Expr<?> or(Expr<?> a, Expr<?> b) {
    return width(a) == 1 ? context.mkOr(bool(a), bool(b)) : context.mkBVOR(bits(a), bits(b));
  }

  @Override
  public Expr<?> xor(Expr<?> a, Expr<?> b) {
    return width(a) == 1 ? context.mkXor(bool(a), bool(b)) : context.mkBVXOR(bits(a), bits(b));
  }

  @Override
  public Expr<?> add(Expr<?> a, Expr<?> b) {
    return context.mkBVAdd(bits(a), bits(b));
  }

  @Override
  public Expr<?> sub(Expr<?> a, Expr<?> b) {
    return context.mkBVSub(bits(a), bits(b));
  }

  @Override
  public Expr<?> mul(Expr<?> a, Expr<?> b) {
    return context.mkBVMul(bits(a), bits(b));
  }

  @Override
  public Expr<?> udiv(Expr<?> a, Expr<?> b) {
    return context.mkBVUDiv(bits(a), bits(b));
  }

  @Override
  public Expr<?> urem(Expr<?> a, Expr<?> b) {
    return context.mkBVURem(bits(a), bits(b));
  }

  @Override
  public Expr<?> shl(Expr<?> a, Expr<?> amount) {
    return context.mkBVSHL(bits(a), bits(amount));
  }

  @Override
  public Expr<?> lshr(Expr<?> a, Expr<?> amount) {
    return context.mkBVLSHR(bits(a), bits(amount));
  }

  @Override
  public Expr<?> ashr(Expr<?> a, Expr<?> amount) {
    return context.mkBVASHR(bits(a), bits(amount));
  }

  @Override
  public Expr<?> eq(Expr<?> a, Expr<?> b) {
    return a instanceof BoolExpr || b instanceof BoolExpr
        ? context.mkEq(bool(a), bool(b))
        : context.mkEq(bits(a), bits(b));
  }

  @Override
  public Expr<?> ult(Expr<?> a, Expr<?> b) {
    return context.mkBVULT(bits(a), bits(b));
  }

  @Override
  public Expr<?> slt(Expr<?> a, Expr<?> b) {
    return context.mkBVSLT(bits(a), bits(b));
  }

  @Override
  public Expr<?> ite(Expr<?> condition, Expr<?> then, Expr<?> otherwise) {
    return width(then) == 1
        ? context.mkITE(bool(condition), bool(then), bool(otherwise))
        : context.mkITE(bool(condition), bits(then), bits(otherwise));
  }

  @Override
  public Expr<?> extract(Expr<?> a, int high, int low) {
    return context.mkExtract(high, low, bits(a));
  }

  @Override
  public Expr<?> concat(Expr<?> high, Expr<?> low) {
    return context.mkConcat(bits(high), bits(low));
  }

  @Override
  public Expr<?> zeroExtend(Expr<?> a, int width) {
    return context.mkZeroExt(width - width(a), bits(a));
  }

  @Override
  public Expr<?> signExtend(Expr<?> a, int width) {
    return context.mkSignExt(width - width(a), bits(a));
  }
}
