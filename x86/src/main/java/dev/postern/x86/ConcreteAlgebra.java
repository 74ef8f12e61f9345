package dev.postern.x86;

import java.math.BigInteger;
import java.util.function.BinaryOperator;

/**
 * {@link Algebra} over {@link Bits}: what replay, attack search and the comparison with the real
 * CPU compute with. Every operation has a path of plain {@code long} arithmetic for widths up to
 * 64; only multiplication, division and variable shifts of wider vectors go through {@link
 * BigInteger}.
 */
public final class ConcreteAlgebra implements Algebra<Bits> {

  /** It has no state. */
  public static final ConcreteAlgebra INSTANCE = new ConcreteAlgebra();

  private ConcreteAlgebra() {}

  @Override
  public Bits constant(int width, long value) {
    if (width > 64) {
      throw new IllegalArgumentException("constant of " + width + " bits; at most 64");
    }
    return Bits.of(width, value);
  }

  @Override
  public int width(Bits value) {
    return value.width();
  }

  @Override
  public Bits not(Bits a) {
    return Bits.of(a.width(), ~a.low(), ~a.high());
  }

  @Override
  public Bits neg(Bits a) {
    return Bits.of(a.width(), -a.low(), a.low() == 0 ? -a.high() : ~a.high());
  }

  @Override
  public Bits and(Bits a, Bits b) {
    return Bits.of(sameWidth(a, b), a.low() & b.low(), a.high() & b.high());
  }

  @Override
  public Bits or(Bits a, Bits b) {
    return Bits.of(sameWidth(a, b), a.low() | b.low(), a.high() | b.high());
  }

  @Override
  public Bits xor(Bits a, Bits b) {
    return Bits.of(sameWidth(a, b), a.low() ^ b.low(), a.high() ^ b.high());
  }

  @Override
  public Bits add(Bits a, Bits b) {
    long low = a.low() + b.low();
    long carry = Long.compareUnsigned(low, a.low()) < 0 ? 1 : 0;
    return Bits.of(sameWidth(a, b), low, a.high() + b.high() + carry);
  }

  @Override
  public Bits sub(Bits a, Bits b) {
    long borrow = Long.compareUnsigned(a.low(), b.low()) < 0 ? 1 : 0;
    return Bits.of(sameWidth(a, b), a.low() - b.low(), a.high() - b.high() - borrow);
  }

  @Override
  public Bits mul(Bits a, Bits b) {
    long high =
        Math.unsignedMultiplyHigh(a.low(), b.low()) + a.low() * b.high() + a.high() * b.low();
    return Bits.of(sameWidth(a, b), a.low() * b.low(), high);
  }

  @Override
  public Bits udiv(Bits a, Bits b) {
    int width = sameWidth(a, b);
    if (!b.isTrue()) {
      return Bits.of(width, -1L, -1L);
    }
    return (a.high() | b.high()) == 0
        ? Bits.of(width, Long.divideUnsigned(a.low(), b.low()))
        : wide(a, b, BigInteger::divide);
  }

  @Override
  public Bits urem(Bits a, Bits b) {
    int width = sameWidth(a, b);
    if (!b.isTrue()) {
      return a;
    }
    return (a.high() | b.high()) == 0
        ? Bits.of(width, Long.remainderUnsigned(a.low(), b.low()))
        : wide(a, b, BigInteger::remainder);
  }

  @Override
  public Bits shl(Bits a, Bits amount) {
    int width = sameWidth(a, amount);
    if (!below(amount, width)) {
      return Bits.of(width, 0);
    }
    int n = (int) amount.low();
    return width <= 64 ? Bits.of(width, a.low() << n) : Bits.of(width, a.unsigned().shiftLeft(n));
  }

  @Override
  public Bits lshr(Bits a, Bits amount) {
    int width = sameWidth(a, amount);
    if (!below(amount, width)) {
      return Bits.of(width, 0);
    }
    int n = (int) amount.low();
    return width <= 64 ? Bits.of(width, a.low() >>> n) : Bits.of(width, a.unsigned().shiftRight(n));
  }

  @Override
  public Bits ashr(Bits a, Bits amount) {
    int width = sameWidth(a, amount);
    int n = below(amount, width) ? (int) amount.low() : width - 1;
    return width <= 64
        ? Bits.of(width, a.signedLow() >> n)
        : Bits.of(width, a.signed().shiftRight(n));
  }

  @Override
  public Bits eq(Bits a, Bits b) {
    sameWidth(a, b);
    return Bits.bit(a.low() == b.low() && a.high() == b.high());
  }

  @Override
  public Bits ult(Bits a, Bits b) {
    sameWidth(a, b);
    return Bits.bit(
        a.high() == b.high()
            ? Long.compareUnsigned(a.low(), b.low()) < 0
            : Long.compareUnsigned(a.high(), b.high()) < 0);
  }

  @Override
  public Bits slt(Bits a, Bits b) {
    return sameWidth(a, b) <= 64
        ? Bits.bit(a.signedLow() < b.signedLow())
        : Bits.bit(a.signed().compareTo(b.signed()) < 0);
  }

  @Override
  public Bits ite(Bits condition, Bits then, Bits otherwise) {
    sameWidth(then, otherwise);
    if (condition.width() != 1) {
      throw new IllegalArgumentException("condition of " + condition.width() + " bits");
    }
    return condition.isTrue() ? then : otherwise;
  }

  @Override
  public Bits extract(Bits a, int high, int low) {
    if (low < 0 || high < low || high >= a.width()) {
      throw new IllegalArgumentException(
          "bits " + high + ".." + low + " of a " + a.width() + "-bit vector");
    }
    int width = high - low + 1;
    if (low == 0) {
      return width == a.width() ? a : Bits.of(width, a.low(), a.high());
    }
    return low < 64
        ? Bits.of(width, a.low() >>> low | a.high() << (64 - low), a.high() >>> low)
        : Bits.of(width, a.high() >>> (low - 64));
  }

  @Override
  public Bits concat(Bits high, Bits low) {
    int width = high.width() + low.width();
    int shift = low.width();
    if (width <= 64) {
      return Bits.of(width, high.low() << shift | low.low());
    }
    return shift < 64
        ? Bits.of(
            width,
            low.low() | high.low() << shift,
            high.high() << shift | high.low() >>> (64 - shift))
        : Bits.of(width, low.low(), low.high() | high.low() << (shift - 64));
  }

  @Override
  public Bits zeroExtend(Bits a, int width) {
    notNarrower(a, width);
    return width == a.width() ? a : Bits.of(width, a.low(), a.high());
  }

  @Override
  public Bits signExtend(Bits a, int width) {
    notNarrower(a, width);
    if (width == a.width()) {
      return a;
    }
    if (a.width() <= 64) {
      long low = a.signedLow();
      return Bits.of(width, low, low >> 63);
    }
    return Bits.of(width, a.signed());
  }

  private static int sameWidth(Bits a, Bits b) {
    if (a.width() != b.width()) {
      throw new IllegalArgumentException("widths " + a.width() + " and " + b.width());
    }
    return a.width();
  }

  private static void notNarrower(Bits a, int width) {
    if (width < a.width()) {
      throw new IllegalArgumentException("extension from " + a.width() + " to " + width);
    }
  }

  private static boolean below(Bits amount, int width) {
    return amount.high() == 0 && Long.compareUnsigned(amount.low(), width) < 0;
  }

  private static Bits wide(Bits a, Bits b, BinaryOperator<BigInteger> operation) {
    return Bits.of(a.width(), operation.apply(a.unsigned(), b.unsigned()));
  }
}
