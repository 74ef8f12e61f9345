package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.Optional;

/**
 * What is known of a value under every assignment: bits that are surely 0, bits that are surely 1,
 * and an unsigned interval. Kept for widths up to 64; of wider values nothing is recorded.
 *
 * @param width bits of the value
 * @param zeros bits known to be 0, within the width
 * @param ones bits known to be 1
 * @param min smallest possible value, unsigned
 * @param max largest possible value, unsigned
 */
public record Facts(int width, long zeros, long ones, long min, long max) {

  /** The widest value about which anything is recorded. */
  static final int MAX_WIDTH = 64;

  static Facts nothing(int width) {
    return width > MAX_WIDTH
        ? new Facts(width, 0, 0, 0, -1L)
        : new Facts(width, 0, 0, 0, mask(width));
  }

  static Facts exactly(Bits value) {
    return value.width() > MAX_WIDTH ? nothing(value.width()) : exactly(value.width(), value.low());
  }

  static Facts exactly(int width, long value) {
    return new Facts(width, mask(width) & ~value, value, value, value);
  }

  /** Both kinds of knowledge, each sharpened by the other. They must not contradict. */
  static Facts of(int width, long zeros, long ones, long min, long max) {
    long mask = mask(width);
    long low = maxUnsigned(min, ones);
    long high = minUnsigned(max, mask & ~zeros);
    // The bits above the highest one in which the bounds differ are the same in all values between.
    long differing = low ^ high;
    long common = differing == 0 ? mask : mask & ~(-1L >>> Long.numberOfLeadingZeros(differing));
    return new Facts(width, zeros | (common & ~low), ones | (common & low), low, high);
  }

  static Facts ofBits(int width, long zeros, long ones) {
    return of(width, zeros, ones, 0, mask(width));
  }

  static Facts ofInterval(int width, long min, long max) {
    return of(width, 0, 0, min, max);
  }

  static long mask(int width) {
    return width >= 64 ? -1L : (1L << width) - 1;
  }

  static long minUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  static long maxUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  static boolean less(long a, long b) {
    return Long.compareUnsigned(a, b) < 0;
  }

  boolean recorded() {
    return width <= MAX_WIDTH;
  }

  /** The value, if there is only one. */
  public Optional<Bits> value() {
    return recorded() && min == max ? Optional.of(Bits.of(width, min)) : Optional.empty();
  }

  /** No value satisfies both; only {@link #and} makes such facts. */
  public boolean impossible() {
    return recorded() && ((zeros & ones) != 0 || less(max, min));
  }

  /** What is known if both hold; perhaps {@link #impossible}. */
  public Facts and(Facts other) {
    if (!recorded()) {
      return this;
    }
    long z = zeros | other.zeros;
    long o = ones | other.ones;
    long low = maxUnsigned(min, other.min);
    long high = minUnsigned(max, other.max);
    return (z & o) != 0 || less(high, low)
        ? new Facts(width, z, o, low, high)
        : of(width, z, o, low, high);
  }

  /** What is known if one or the other holds. */
  public Facts or(Facts other) {
    return recorded()
        ? of(
            width,
            zeros & other.zeros,
            ones & other.ones,
            minUnsigned(min, other.min),
            maxUnsigned(max, other.max))
        : this;
  }

  /** Whether a value of each can never be the same. */
  boolean excludes(Facts other) {
    return recorded() && and(other).impossible();
  }

  /** The sign bit, if known. */
  Optional<Boolean> sign() {
    long top = recorded() ? 1L << (width - 1) : 0;
    return (ones & top) != 0
        ? Optional.of(true)
        : (zeros & top) != 0 ? Optional.of(false) : Optional.empty();
  }
}
