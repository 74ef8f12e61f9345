package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;

/**
 * What every {@link Algebra} must satisfy: random trees of operations over random inputs of 1..128
 * bits come to what {@link BigInteger} says they do, by SMT-LIB's definitions of QF_BV.
 *
 * <p>A symbolic algebra overrides {@link #input} to answer a variable and {@link #evaluate} to
 * evaluate under the inputs given, so that simplification is compared too.
 */
public abstract class AlgebraContract<V> {

  /** The algebra under test. */
  protected abstract Algebra<V> algebra();

  /** The value of a closed vector, or of one over {@link #input}s, as an unsigned number. */
  protected abstract BigInteger evaluate(V value);

  /** A vector with this value; {@code value} is in 0..2^width-1. */
  protected V input(int width, BigInteger value) {
    return width <= 64
        ? algebra().constant(width, value.longValue())
        : algebra()
            .concat(
                algebra().constant(width - 64, value.shiftRight(64).longValue()),
                algebra().constant(64, value.longValue()));
  }

  /** A vector with the width and value it must have. */
  private record Known<V>(V vector, int width, BigInteger value) {
    static <V> Known<V> of(V vector, int width, BigInteger value) {
      return new Known<>(vector, width, value.mod(BigInteger.ONE.shiftLeft(width)));
    }

    BigInteger signed() {
      return value.testBit(width - 1) ? value.subtract(BigInteger.ONE.shiftLeft(width)) : value;
    }
  }

  @Property(tries = 2000)
  @Label("random trees of operations agree with BigInteger")
  void treesAgreeWithBigInteger(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Known<V> tree = tree(random, random.nextInt(1, 129), 5);
    assertThat(algebra().width(tree.vector())).isEqualTo(tree.width());
    assertThat(evaluate(tree.vector())).isEqualTo(tree.value());
  }

  @Property(tries = 500)
  @Label("division by zero and shifts by the width or more are SMT-LIB's")
  void edgesAreSmtLibs(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int width = random.nextInt(1, 129);
    Known<V> x = leaf(random, width);
    V zero = input(width, BigInteger.ZERO);
    BigInteger ones = BigInteger.ONE.shiftLeft(width).subtract(BigInteger.ONE);
    assertThat(evaluate(algebra().udiv(x.vector(), zero))).isEqualTo(ones);
    assertThat(evaluate(algebra().urem(x.vector(), zero))).isEqualTo(x.value());
    BigInteger over = BigInteger.valueOf(width).max(random(random, width)).min(ones);
    if (over.compareTo(BigInteger.valueOf(width)) >= 0) {
      V amount = input(width, over);
      assertThat(evaluate(algebra().shl(x.vector(), amount))).isZero();
      assertThat(evaluate(algebra().lshr(x.vector(), amount))).isZero();
      assertThat(evaluate(algebra().ashr(x.vector(), amount)))
          .isEqualTo(x.signed().signum() < 0 ? ones : BigInteger.ZERO);
    }
  }

  private Known<V> tree(SplittableRandom random, int width, int depth) {
    if (depth == 0 || random.nextInt(8) == 0) {
      return leaf(random, width);
    }
    if (width == 1 && random.nextInt(2) == 0) {
      return comparison(random, depth);
    }
    return switch (random.nextInt(5)) {
      case 0 -> unary(random, width, depth);
      case 1 -> structural(random, width, depth);
      case 2 -> choice(random, width, depth);
      default -> binary(random, width, depth);
    };
  }

  private Known<V> leaf(SplittableRandom random, int width) {
    BigInteger value = random(random, width);
    return new Known<>(input(width, value), width, value);
  }

  private Known<V> unary(SplittableRandom random, int width, int depth) {
    Known<V> a = tree(random, width, depth - 1);
    return random.nextBoolean()
        ? Known.of(algebra().not(a.vector()), width, a.value().not())
        : Known.of(algebra().neg(a.vector()), width, a.value().negate());
  }

  private Known<V> choice(SplittableRandom random, int width, int depth) {
    Known<V> c = tree(random, 1, depth - 1);
    Known<V> a = tree(random, width, depth - 1);
    Known<V> b = tree(random, width, depth - 1);
    BigInteger value = c.value().signum() != 0 ? a.value() : b.value();
    return Known.of(algebra().ite(c.vector(), a.vector(), b.vector()), width, value);
  }

  private Known<V> structural(SplittableRandom random, int width, int depth) {
    switch (random.nextInt(4)) {
      case 0 -> {
        Known<V> a = tree(random, random.nextInt(width, 129), depth - 1);
        int low = random.nextInt(a.width() - width + 1);
        V r = algebra().extract(a.vector(), low + width - 1, low);
        return Known.of(r, width, a.value().shiftRight(low));
      }
      case 1 -> {
        Known<V> a = tree(random, random.nextInt(1, width + 1), depth - 1);
        return Known.of(algebra().zeroExtend(a.vector(), width), width, a.value());
      }
      case 2 -> {
        Known<V> a = tree(random, random.nextInt(1, width + 1), depth - 1);
        return Known.of(algebra().signExtend(a.vector(), width), width, a.signed());
      }
      default -> {
        if (width == 1) {
          return leaf(random, width);
        }
        Known<V> low = tree(random, random.nextInt(1, width), depth - 1);
        Known<V> high = tree(random, width - low.width(), depth - 1);
        BigInteger value = high.value().shiftLeft(low.width()).or(low.value());
        return Known.of(algebra().concat(high.vector(), low.vector()), width, value);
      }
    }
  }

  private Known<V> binary(SplittableRandom random, int width, int depth) {
    Known<V> x = tree(random, width, depth - 1);
    Known<V> y = random.nextInt(16) == 0 ? x : tree(random, width, depth - 1);
    V a = x.vector();
    V b = y.vector();
    BigInteger p = x.value();
    BigInteger q = y.value();
    boolean zero = q.signum() == 0;
    int n = q.min(BigInteger.valueOf(width)).intValueExact();
    Algebra<V> g = algebra();
    return switch (random.nextInt(11)) {
      case 0 -> Known.of(g.and(a, b), width, p.and(q));
      case 1 -> Known.of(g.or(a, b), width, p.or(q));
      case 2 -> Known.of(g.xor(a, b), width, p.xor(q));
      case 3 -> Known.of(g.add(a, b), width, p.add(q));
      case 4 -> Known.of(g.sub(a, b), width, p.subtract(q));
      case 5 -> Known.of(g.mul(a, b), width, p.multiply(q));
      case 6 -> Known.of(g.udiv(a, b), width, zero ? BigInteger.valueOf(-1) : p.divide(q));
      case 7 -> Known.of(g.urem(a, b), width, zero ? p : p.mod(q));
      case 8 -> Known.of(g.shl(a, b), width, p.shiftLeft(n));
      case 9 -> Known.of(g.lshr(a, b), width, p.shiftRight(n));
      default -> Known.of(g.ashr(a, b), width, x.signed().shiftRight(n));
    };
  }

  private Known<V> comparison(SplittableRandom random, int depth) {
    int width = random.nextInt(1, 129);
    Known<V> x = tree(random, width, depth - 1);
    Known<V> y = random.nextInt(4) == 0 ? x : tree(random, width, depth - 1);
    return switch (random.nextInt(3)) {
      case 0 -> truth(algebra().eq(x.vector(), y.vector()), x.value().equals(y.value()));
      case 1 -> truth(algebra().ult(x.vector(), y.vector()), x.value().compareTo(y.value()) < 0);
      default -> truth(algebra().slt(x.vector(), y.vector()), x.signed().compareTo(y.signed()) < 0);
    };
  }

  private static <V> Known<V> truth(V vector, boolean value) {
    return Known.of(vector, 1, value ? BigInteger.ONE : BigInteger.ZERO);
  }

  /** Zero, all ones, small numbers, single bits, sparse, dense and uniform patterns. */
  private static BigInteger random(SplittableRandom random, int width) {
    BigInteger mask = BigInteger.ONE.shiftLeft(width).subtract(BigInteger.ONE);
    BigInteger a = words(random);
    BigInteger value =
        switch (random.nextInt(7)) {
          case 0 -> BigInteger.ZERO;
          case 1 -> mask;
          case 2 -> BigInteger.valueOf(random.nextInt(130));
          case 3 -> BigInteger.ONE.shiftLeft(random.nextInt(width));
          case 4 -> a.and(words(random)).and(words(random));
          case 5 -> a.or(words(random)).or(words(random));
          default -> a;
        };
    return value.and(mask);
  }

  private static BigInteger words(SplittableRandom random) {
    return BigInteger.valueOf(random.nextLong())
        .shiftLeft(64)
        .xor(BigInteger.valueOf(random.nextLong()));
  }
}
