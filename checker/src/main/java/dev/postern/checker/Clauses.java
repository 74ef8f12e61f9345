package dev.postern.checker;

import java.util.Arrays;

/**
 * A conjunction of clauses, numbered from 1. Literals are DIMACS's: a variable's number, or its
 * negative.
 */
public final class Clauses {

  private final int variables;
  private int[] literals = new int[4096];
  private int[] starts = new int[1024];
  private int count;

  Clauses(int variables) {
    this.variables = variables;
  }

  int add(int... clause) {
    if (count + 2 >= starts.length) {
      starts = Arrays.copyOf(starts, 2 * starts.length);
    }
    int end = starts[count];
    if (end + clause.length > literals.length) {
      literals = Arrays.copyOf(literals, Math.max(2 * literals.length, end + clause.length));
    }
    System.arraycopy(clause, 0, literals, end, clause.length);
    starts[++count] = end + clause.length;
    return count;
  }

  /** Variables are 1..this. */
  public int variables() {
    return variables;
  }

  public int count() {
    return count;
  }

  public int size(int clause) {
    return starts[clause] - starts[clause - 1];
  }

  public int literal(int clause, int i) {
    return literals[starts[clause - 1] + i];
  }
}
