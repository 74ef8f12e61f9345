package dev.postern.checker;

/** Bit-vector operations by their SMT-LIB meaning. A word is its literals, bit 0 first. */
final class Words {

  private final Circuit circuit;

  Words(Circuit circuit) {
    this.circuit = circuit;
  }

  private interface BitOperation {
    int of(int x, int y) throws Refused;
  }

  private static int[] each(int[] x, int[] y, BitOperation operation) throws Refused {
    int[] out = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = operation.of(x[i], y[i]);
    }
    return out;
  }

  int[] not(int... x) {
    int[] out = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = Circuit.not(x[i]);
    }
    return out;
  }

  int[] and(int[] x, int[] y) throws Refused {
    return each(x, y, circuit::and);
  }

  int[] or(int[] x, int[] y) throws Refused {
    return each(x, y, circuit::or);
  }

  int[] xor(int[] x, int[] y) throws Refused {
    return each(x, y, circuit::xor);
  }

  int[] ite(int condition, int[] x, int[] y) throws Refused {
    return each(x, y, (p, q) -> circuit.mux(condition, p, q));
  }

  int[] add(int[] x, int[] y) throws Refused {
    return add(x, y, Circuit.FALSE);
  }

  private int[] add(int[] x, int[] y, int carryIn) throws Refused {
    int[] out = new int[x.length];
    int carry = carryIn;
    for (int i = 0; i < x.length; i++) {
      int half = circuit.xor(x[i], y[i]);
      out[i] = circuit.xor(half, carry);
      carry = circuit.mux(half, carry, x[i]); // where both bits agree, they are the carry
    }
    return out;
  }

  /** {@code x - y = x + ~y + 1}. */
  int[] sub(int[] x, int[] y) throws Refused {
    return add(x, not(y), Circuit.TRUE);
  }

  int[] neg(int... x) throws Refused {
    return sub(new int[x.length], x); // a new word is 0
  }

  int[] mul(int[] x, int[] y) throws Refused {
    int[] sum = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      int[] row = new int[x.length];
      for (int j = i; j < x.length; j++) {
        row[j] = circuit.and(y[i], x[j - i]);
      }
      sum = add(sum, row);
    }
    return sum;
  }

  /**
   * Quotient and remainder, by long division. The remainder so far is below {@code y}, or {@code y}
   * is 0; doubled with a bit more it needs one bit more than {@code y} has. With {@code y = 0}
   * every digit is 1 and nothing is ever taken off: all ones and {@code x}, as SMT-LIB says.
   */
  int[][] divide(int[] x, int[] y) throws Refused {
    int n = x.length;
    int[] wide = new int[n + 1];
    System.arraycopy(y, 0, wide, 0, n);
    int[] quotient = new int[n];
    int[] rest = new int[n];
    for (int i = n - 1; i >= 0; i--) {
      int[] next = new int[n + 1];
      next[0] = x[i];
      System.arraycopy(rest, 0, next, 1, n);
      quotient[i] = Circuit.not(ult(next, wide));
      int[] less = ite(quotient[i], sub(next, wide), next);
      rest = java.util.Arrays.copyOf(less, n);
    }
    return new int[][] {quotient, rest};
  }

  /** Towards bit 0 by {@code amount}; what comes in is {@code fill}. */
  int[] right(int[] x, int[] amount, int fill) throws Refused {
    int[] out = x;
    for (int i = 0; i < amount.length; i++) {
      int[] moved = new int[x.length];
      for (int j = 0; j < x.length; j++) {
        // A bit of the amount worth the width or more empties the word.
        long from = i < 31 ? j + (1L << i) : Long.MAX_VALUE;
        moved[j] = from < x.length ? out[(int) from] : fill;
      }
      out = ite(amount[i], moved, out);
    }
    return out;
  }

  /** A shift to the left is one to the right of the word read from its other end. */
  int[] left(int[] x, int[] amount) throws Refused {
    return reverse(right(reverse(x), amount, Circuit.FALSE));
  }

  private static int[] reverse(int... x) {
    int[] out = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[x.length - 1 - i];
    }
    return out;
  }

  int eq(int[] x, int[] y) throws Refused {
    int same = Circuit.TRUE;
    for (int i = 0; i < x.length; i++) {
      same = circuit.and(same, Circuit.not(circuit.xor(x[i], y[i])));
    }
    return same;
  }

  /** The highest bit in which they differ decides: it is looked at last. */
  int ult(int[] x, int[] y) throws Refused {
    int less = Circuit.FALSE;
    for (int i = 0; i < x.length; i++) {
      less = circuit.mux(circuit.xor(x[i], y[i]), y[i], less);
    }
    return less;
  }

  /** Two's complement is unsigned with the sign bit inverted. */
  int slt(int[] x, int[] y) throws Refused {
    int[] p = x.clone();
    int[] q = y.clone();
    p[p.length - 1] ^= 1;
    q[q.length - 1] ^= 1;
    return ult(p, q);
  }

  /** Bits {@code high} down to {@code low}. */
  static int[] extract(int[] x, int high, int low) {
    return java.util.Arrays.copyOfRange(x, low, high + 1);
  }

  static int[] concat(int[] high, int[] low) {
    int[] out = java.util.Arrays.copyOf(low, low.length + high.length);
    System.arraycopy(high, 0, out, low.length, high.length);
    return out;
  }

  static int[] extend(int[] x, int by, int fill) {
    int[] out = java.util.Arrays.copyOf(x, x.length + by);
    java.util.Arrays.fill(out, x.length, out.length, fill);
    return out;
  }
}
