package dev.postern.verifier.smt;

import dev.postern.x86.Bits;

/**
 * A bit-vector expression of 1 to 128 bits, made by a {@link TermStore}.
 *
 * <p>A store makes one object for one structure, so equality is identity, and shared parts are
 * shared in memory: a term is a DAG, which only {@link Terms} should walk (a recursive walk is
 * exponential, or overflows the stack). {@link #hashCode} depends on structure alone, never on the
 * run, so that what iterates over terms is deterministic.
 */
public abstract sealed class Term {

  private final TermStore store;
  private final int id;
  private final int width;
  private final long hash;
  private final Facts facts;

  private Term(TermStore store, int id, int width, long hash, Facts facts) {
    this.store = store;
    this.id = id;
    this.width = width;
    this.hash = hash;
    this.facts = facts;
  }

  /** Bits, 1..128. */
  public final int width() {
    return width;
  }

  /** Position in the order in which the store made its terms; operands come before results. */
  public final int id() {
    return id;
  }

  /** What is known of the value under every assignment. */
  public final Facts facts() {
    return facts;
  }

  final TermStore store() {
    return store;
  }

  /** 64 bits of structural hash: decides the order of commutative operands. */
  final long structuralHash() {
    return hash;
  }

  /** Whether this is the constant {@code value}, at whatever width. */
  public final boolean isConstant(long value) {
    return this instanceof Constant c && c.value.equals(Bits.of(width, value));
  }

  /** Whether this is the one-bit constant 1. */
  public final boolean isTrue() {
    return width == 1 && isConstant(1);
  }

  /** Whether this is the one-bit constant 0. */
  public final boolean isFalse() {
    return width == 1 && isConstant(0);
  }

  /** Equality is {@link Object}'s identity; see above. */
  @Override
  public final int hashCode() {
    return Long.hashCode(hash);
  }

  /** One line of SMT-LIB, cut short in the depth; for messages and debugging. */
  @Override
  public final String toString() {
    return SmtLib.excerpt(this);
  }

  /** A known value. */
  public static final class Constant extends Term {
    private final Bits value;

    Constant(TermStore store, int id, Bits value, long hash) {
      super(store, id, value.width(), hash, Facts.exactly(value));
      this.value = value;
    }

    public Bits value() {
      return value;
    }
  }

  /** An unknown of the query; a name stands for one variable in a store. */
  public static final class Variable extends Term {
    private final String name;

    Variable(TermStore store, int id, String name, int width, long hash) {
      super(store, id, width, hash, Facts.nothing(width));
      this.name = name;
    }

    public String name() {
      return name;
    }
  }

  /** An operation on terms. */
  public static final class Apply extends Term {
    private final Operator operator;
    private final Term[] operands;
    private final int low;

    Apply(
        TermStore store,
        int id,
        Operator operator,
        Term[] operands,
        int width,
        int low,
        long hash,
        Facts facts) {
      super(store, id, width, hash, facts);
      this.operator = operator;
      this.operands = operands;
      this.low = low;
    }

    public Operator operator() {
      return operator;
    }

    /** Operand {@code i}, 0..arity-1. */
    public Term operand(int i) {
      return operands[i];
    }

    public int arity() {
      return operands.length;
    }

    /** Of an extraction, the lowest bit taken; otherwise 0. */
    public int low() {
      return low;
    }

    boolean is(Operator candidate, Term[] its, int itsWidth, int itsLow) {
      if (operator != candidate || width() != itsWidth || low != itsLow) {
        return false;
      }
      for (int i = 0; i < operands.length; i++) {
        if (operands[i] != its[i]) {
          return false;
        }
      }
      return true;
    }
  }
}
