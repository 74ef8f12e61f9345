package dev.postern.checker;

import java.util.Arrays;

/**
 * A circuit of AND, XOR and MUX gates over inputs, one gate for one structure. A literal is twice
 * its node's number, plus one where it is negated; node 0 is the constant 0. A gate comes after
 * what it reads, so the order of nodes, and with it every clause, depends on the calls alone.
 */
final class Circuit {

  static final int FALSE = 0;
  static final int TRUE = 1;

  private static final byte INPUT = 0;
  private static final byte AND = 1;
  private static final byte XOR = 2;
  private static final byte MUX = 3;

  private byte[] kind = new byte[1024];
  private int[] a = new int[1024];
  private int[] b = new int[1024];
  private int[] c = new int[1024];
  private int[] table = new int[4096]; // node numbers by hash, 0 for none
  private int nodes = 1;

  /** Numbers 0..nodes-1 are nodes. */
  int nodes() {
    return nodes;
  }

  int input() throws Refused {
    return node(INPUT, 0, 0, 0);
  }

  static int not(int x) {
    return x ^ 1;
  }

  int and(int x, int y) throws Refused {
    if (x == FALSE || y == FALSE || x == not(y)) {
      return FALSE;
    }
    if (x == TRUE || x == y) {
      return y;
    }
    return y == TRUE ? x : gate(AND, Math.min(x, y), Math.max(x, y), 0);
  }

  int or(int x, int y) throws Refused {
    return not(and(not(x), not(y)));
  }

  /** Signs move to the output: {@code -x ^ y = -(x ^ y)}. */
  int xor(int x, int y) throws Refused {
    int sign = (x ^ y) & 1;
    int p = x & ~1;
    int q = y & ~1;
    if (p == q) {
      return sign;
    }
    if (p == FALSE || q == FALSE) {
      return (p | q) ^ sign;
    }
    return gate(XOR, Math.min(p, q), Math.max(p, q), 0) ^ sign;
  }

  /** {@code s ? x : y}. */
  int mux(int s, int x, int y) throws Refused {
    if ((s & 1) != 0) {
      return mux(not(s), y, x);
    }
    if (s == FALSE || x == y) {
      return y;
    }
    if (x == TRUE || x == s) {
      return or(s, y);
    }
    if (x == FALSE || x == not(s)) {
      return and(not(s), y);
    }
    if (y == TRUE || y == not(s)) {
      return or(not(s), x);
    }
    if (y == FALSE || y == s) {
      return and(s, x);
    }
    return x == not(y) ? xor(s, y) : gate(MUX, s, x, y);
  }

  private int gate(byte op, int x, int y, int z) throws Refused {
    if (2 * nodes > table.length) {
      table = new int[2 * table.length];
      for (int n = 1; n < nodes; n++) {
        if (kind[n] != INPUT) {
          table[slot(kind[n], a[n], b[n], c[n])] = n;
        }
      }
    }
    int slot = slot(op, x, y, z);
    if (table[slot] != 0) {
      return 2 * table[slot];
    }
    table[slot] = nodes;
    return node(op, x, y, z);
  }

  /** Where the gate is in the table, or would be. */
  private int slot(byte op, int x, int y, int z) {
    int hash = ((x * 0x9e3779b1 + y) * 0x85ebca6b + z) * 0xc2b2ae35 + op;
    int at = (hash ^ hash >>> 15) & (table.length - 1);
    while (table[at] != 0) {
      int n = table[at];
      if (kind[n] == op && a[n] == x && b[n] == y && c[n] == z) {
        return at;
      }
      at = (at + 1) & (table.length - 1);
    }
    return at;
  }

  private int node(byte op, int x, int y, int z) throws Refused {
    if (nodes == Limits.NODES) {
      throw new Refused("the circuit has more than " + Limits.NODES + " gates");
    }
    if (nodes == kind.length) {
      kind = Arrays.copyOf(kind, 2 * nodes);
      a = Arrays.copyOf(a, 2 * nodes);
      b = Arrays.copyOf(b, 2 * nodes);
      c = Arrays.copyOf(c, 2 * nodes);
    }
    kind[nodes] = op;
    a[nodes] = x;
    b[nodes] = y;
    c[nodes] = z;
    return 2 * nodes++;
  }

  /**
   * Clauses that say that every literal of {@code asserted} is 1, and of each gate under them what
   * its output is. Variable {@code n} is node {@code n}.
   */
  Clauses clauses(int... asserted) {
    boolean[] needed = new boolean[nodes];
    for (int literal : asserted) {
      needed[literal >> 1] = true;
    }
    for (int n = nodes - 1; n > 0; n--) {
      if (needed[n] && kind[n] != INPUT) {
        needed[a[n] >> 1] = true;
        needed[b[n] >> 1] = true;
        needed[c[n] >> 1] = true; // node 0 where there is no third
      }
    }
    Clauses out = new Clauses(nodes - 1);
    for (int n = 1; n < nodes; n++) {
      if (needed[n]) {
        gate(out, n);
      }
    }
    for (int literal : asserted) {
      if (literal == FALSE) {
        out.add();
      } else if (literal != TRUE) {
        out.add(dimacs(literal));
      }
    }
    return out;
  }

  private void gate(Clauses out, int n) {
    int x = dimacs(a[n]);
    int y = dimacs(b[n]);
    int z = dimacs(c[n]);
    switch (kind[n]) {
      case AND -> {
        out.add(-n, x);
        out.add(-n, y);
        out.add(n, -x, -y);
      }
      case XOR -> {
        out.add(-n, x, y);
        out.add(-n, -x, -y);
        out.add(n, -x, y);
        out.add(n, x, -y);
      }
      case MUX -> {
        out.add(-n, -x, y);
        out.add(n, -x, -y);
        out.add(-n, x, z);
        out.add(n, x, -z);
        out.add(-n, y, z); // follows from the others, and propagates where they do not
        out.add(n, -y, -z);
      }
      default -> {} // an input may have any value
    }
  }

  private static int dimacs(int literal) {
    return (literal & 1) == 0 ? literal >> 1 : -(literal >> 1);
  }

  /** The values of all nodes, 64 assignments at a time, given those of the inputs. */
  void evaluate(long[] values) {
    for (int n = 1; n < nodes; n++) {
      switch (kind[n]) {
        case AND -> values[n] = value(values, a[n]) & value(values, b[n]);
        case XOR -> values[n] = value(values, a[n]) ^ value(values, b[n]);
        case MUX -> {
          long s = value(values, a[n]);
          values[n] = (s & value(values, b[n])) | (~s & value(values, c[n]));
        }
        default -> {}
      }
    }
  }

  static long value(long[] values, int literal) {
    return (literal & 1) == 0 ? values[literal >> 1] : ~values[literal >> 1];
  }
}
