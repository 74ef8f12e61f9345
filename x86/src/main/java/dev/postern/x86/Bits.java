package dev.postern.x86;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A concrete bit-vector of 1..128 bits; unused upper bits are zero, so equal values are equal
 * records.
 *
 * @param width number of bits
 * @param low bits 63..0
 * @param high bits 127..64
 */
public record Bits(int width, long low, long high) {

  /** The one-bit zero: false. */
  public static final Bits ZERO = new Bits(1, 0, 0);

  /** The one-bit one: true. */
  public static final Bits ONE = new Bits(1, 1, 0);

  public Bits {
    if (width < 1 || width > 128) {
      throw new IllegalArgumentException("bit-vector width " + width + " outside 1..128");
    }
    if ((low & ~lowMask(width)) != 0 || (high & ~highMask(width)) != 0) {
      throw new IllegalArgumentException("value has bits above its width " + width);
    }
  }

  /** As of any record; written out, for the JVM would make it in a cold start, which takes long. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Bits(int w, long l, long h) && width == w && low == l && high == h;
  }

  @Override
  public int hashCode() {
    return (width * 31 + Long.hashCode(low)) * 31 + Long.hashCode(high);
  }

  /** The value truncated to {@code width}; above 64 bits it is zero-extended. */
  public static Bits of(int width, long value) {
    return width == 1 ? bit((value & 1) != 0) : new Bits(width, value & lowMask(width), 0);
  }

  /** Both halves, truncated to {@code width}. */
  public static Bits of(int width, long low, long high) {
    return width <= 64 ? of(width, low) : new Bits(width, low, high & highMask(width));
  }

  /** The value modulo 2^width; negative numbers in two's complement. */
  public static Bits of(int width, BigInteger value) {
    return of(width, value.longValue(), value.shiftRight(64).longValue());
  }

  /** One bit. */
  public static Bits bit(boolean value) {
    return value ? ONE : ZERO;
  }

  /** Whether any bit is set; of a one-bit vector, its truth. */
  public boolean isTrue() {
    return (low | high) != 0;
  }

  /** The value as an unsigned number. */
  public BigInteger unsigned() {
    BigInteger lower = word(low);
    return high == 0 ? lower : word(high).shiftLeft(64).or(lower);
  }

  /** The value in two's complement. */
  public BigInteger signed() {
    BigInteger value = unsigned();
    return value.testBit(width - 1) ? value.subtract(BigInteger.ONE.shiftLeft(width)) : value;
  }

  /** Bits 63..0, sign-extended from {@code width}. */
  long signedLow() {
    return width >= 64 ? low : (low << (64 - width)) >> (64 - width);
  }

  static long lowMask(int width) {
    return width >= 64 ? -1L : (1L << width) - 1;
  }

  private static long highMask(int width) {
    return width <= 64 ? 0 : width == 128 ? -1L : (1L << (width - 64)) - 1;
  }

  private static BigInteger word(long value) {
    BigInteger low63 = BigInteger.valueOf(value & Long.MAX_VALUE);
    return value < 0 ? low63.setBit(63) : low63;
  }

  /** SMT-LIB style: {@code 32'h0000002a}. */
  @Override
  public String toString() {
    String digits = unsigned().toString(16);
    return width + "'h" + "0".repeat(Math.max(0, (width + 3) / 4 - digits.length())) + digits;
  }
}
