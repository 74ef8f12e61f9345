package dev.postern.x86;

/**
 * Fixed-width bit-vectors, SMT-LIB's QF_BV operations by their standard meaning, over values of
 * type {@code V}. Widths run from 1 to 128 bits; operands of a binary operation have equal widths;
 * comparisons answer one bit.
 *
 * <p>{@link Semantics} is written over this interface once and run twice: over {@link Bits} (the
 * concrete machine) and over terms (the symbolic one), so a fault in a meaning cannot hide in a
 * difference between the two.
 */
public interface Algebra<V> {

  /** A constant of {@code width} 1..64 bits; {@code value} is truncated to it. */
  V constant(int width, long value);

  int width(V value);

  V not(V a);

  V neg(V a);

  V and(V a, V b);

  V or(V a, V b);

  V xor(V a, V b);

  V add(V a, V b);

  V sub(V a, V b);

  V mul(V a, V b);

  /** bvudiv: division by zero gives all ones. */
  V udiv(V a, V b);

  /** bvurem: remainder by zero gives {@code a}. */
  V urem(V a, V b);

  /** bvshl: amounts at or over the width give zero. */
  V shl(V a, V amount);

  V lshr(V a, V amount);

  V ashr(V a, V amount);

  /** One bit: a = b. */
  V eq(V a, V b);

  /** One bit: a &lt; b, unsigned. */
  V ult(V a, V b);

  /** One bit: a &lt; b, two's complement. */
  V slt(V a, V b);

  /** {@code condition} has width 1. */
  V ite(V condition, V then, V otherwise);

  /** Bits {@code high} down to {@code low}, inclusive. */
  V extract(V a, int high, int low);

  /** {@code high} becomes the upper bits. */
  V concat(V high, V low);

  V zeroExtend(V a, int width);

  V signExtend(V a, int width);
}
