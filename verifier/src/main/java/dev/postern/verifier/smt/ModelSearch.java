package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks for a model by changing one variable at a time: a conjunct that is not 1 says what its
 * operands should be, they say it of theirs, down to a variable. Most paths that can be taken are
 * found so in microseconds, where Z3 takes milliseconds to begin. It finds models or nothing; which
 * one depends on the query alone.
 */
final class ModelSearch {

  /**
   * Changes before it gives up; what it finds it mostly finds in fewer than there are conjuncts.
   */
  private static final int MOVES = 80;

  private static final long SEED = 0x9e37_79b9_7f4a_7c15L;

  private final Query query;
  private final Map<Term.Variable, Bits> values;
  private Interpretation<Bits> now;
  private long random = SEED;

  private ModelSearch(Query query, Map<Term.Variable, Bits> start) {
    this.query = query;
    this.values = new LinkedHashMap<>(start);
    this.now = Terms.evaluation(values);
  }

  /** A model of {@code query}, from {@code start} on, which has a value for each variable. */
  static Optional<Model> from(Model start, Query query) {
    return new ModelSearch(query, start.values()).run();
  }

  private Optional<Model> run() {
    for (int move = 0; move < MOVES; move++) {
      now = Terms.evaluation(values);
      Optional<Term> wrong = wrong();
      if (wrong.isEmpty()) {
        return Optional.of(new Model(values));
      }
      want(wrong.get(), 1);
    }
    return Optional.empty();
  }

  private Optional<Term> wrong() {
    List<Term> conjuncts = query.asserted();
    return conjuncts.stream().filter(term -> !now.of(term).isTrue()).findFirst();
  }

  private long value(Term term) {
    return now.of(term).low();
  }

  /** Changes a variable so that {@code term} may become {@code wanted}; where it cannot, none. */
  private void want(Term term, long wanted) {
    if (term.width() > Long.SIZE) {
      return;
    }
    long target = wanted & Facts.mask(term.width());
    switch (term) {
      case Term.Constant _ -> {}
      case Term.Variable variable -> values.put(variable, Bits.of(variable.width(), target));
      case Term.Apply apply -> want(apply, target);
    }
  }

  private void want(Term.Apply term, long wanted) {
    Term a = term.operand(0);
    switch (term.operator()) {
      case NOT -> want(a, ~wanted);
      case NEG -> want(a, -wanted);
      case AND -> {
        Term changed = either(term);
        long other = value(Shape.other(term, changed));
        want(changed, wanted | (value(changed) & ~other));
      }
      case OR -> {
        Term changed = either(term);
        long other = value(Shape.other(term, changed));
        want(changed, (wanted & ~other) | (value(changed) & other));
      }
      case XOR -> {
        Term changed = either(term);
        want(changed, wanted ^ value(Shape.other(term, changed)));
      }
      case ADD -> {
        Term changed = either(term);
        want(changed, wanted - value(Shape.other(term, changed)));
      }
      case SUB -> {
        if (either(term) == a) {
          want(a, wanted + value(term.operand(1)));
        } else {
          want(term.operand(1), value(a) - wanted);
        }
      }
      case EQ -> {
        Term changed = either(term);
        long other = value(Shape.other(term, changed));
        want(changed, wanted == 1 ? other : other ^ 1L << below(changed.width()));
      }
      case ULT -> less(term, wanted == 1, 0);
      case SLT -> less(term, wanted == 1, 1L << (a.width() - 1));
      case ITE -> choice(term, wanted);
      case EXTRACT -> {
        long mask = Facts.mask(term.width()) << term.low();
        if (a.width() <= Long.SIZE) {
          want(a, (value(a) & ~mask) | wanted << term.low());
        }
      }
      case CONCAT -> {
        Term low = term.operand(1);
        if (value(low) != (wanted & Facts.mask(low.width()))) {
          want(low, wanted);
        } else {
          want(a, wanted >>> low.width());
        }
      }
      case ZERO_EXTEND, SIGN_EXTEND -> want(a, wanted);
      case SHL -> {
        long by = value(term.operand(1));
        if (by >= 0 && by < Long.SIZE) {
          want(a, wanted >>> by | (value(a) & ~(Facts.mask(a.width()) >>> by)));
        }
      }
      case LSHR, ASHR -> {
        long by = value(term.operand(1));
        if (by >= 0 && by < Long.SIZE) {
          want(a, wanted << by | (value(a) & (1L << by) - 1));
        }
      }
      case MUL -> {
        Term changed = either(term);
        long factor = value(Shape.other(term, changed));
        if (factor != 0) {
          want(changed, Long.divideUnsigned(wanted, factor));
        }
      }
      case UDIV -> want(a, wanted * value(term.operand(1)));
      case UREM -> want(a, wanted);
    }
  }

  /** {@code bias}: what is added to both sides to compare signed numbers as unsigned ones. */
  private void less(Term.Apply term, boolean wanted, long bias) {
    Term a = term.operand(0);
    Term b = term.operand(1);
    long mask = Facts.mask(a.width());
    long left = (value(a) + bias) & mask;
    long right = (value(b) + bias) & mask;
    boolean first = either(term) == a;
    if (wanted && first && right != 0) {
      want(a, right - 1 - bias);
    } else if (wanted) {
      want(b, (left == mask ? mask : left + 1) - bias);
    } else if (first) {
      want(a, right - bias);
    } else {
      want(b, left - bias);
    }
  }

  private void choice(Term.Apply term, long wanted) {
    boolean chosen = now.of(term.operand(0)).isTrue();
    Term taken = term.operand(chosen ? 1 : 2);
    boolean stays = !(taken instanceof Term.Constant) && below(4) != 0;
    if (stays) {
      want(taken, wanted);
    } else {
      want(term.operand(0), chosen ? 0 : 1);
    }
  }

  /**
   * One of the first two operands to change: the one that is not constant, else either. Of a
   * conjunction of bits that should hold, one that does not.
   */
  private Term either(Term.Apply term) {
    Term a = term.operand(0);
    Term b = term.operand(1);
    if (b instanceof Term.Constant) {
      return a;
    }
    if (a instanceof Term.Constant) {
      return b;
    }
    if (term.operator() == Operator.AND && term.width() == 1 && value(a) != value(b)) {
      return value(a) == 0 ? a : b;
    }
    return below(2) == 0 ? a : b;
  }

  private int below(int bound) {
    random ^= random << 13;
    random ^= random >>> 7;
    random ^= random << 17;
    return (int) Long.remainderUnsigned(random, bound);
  }
}
