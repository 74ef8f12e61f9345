package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random terms and assignments. Operands are drawn from what exists, so parts are shared and
 * patterns such as x - (x + y) come up; constants cluster where rules have their edges.
 */
public final class RandomTerms {

  /** All that the language has, edges first among them. */
  public static final int[] WIDTHS = {1, 1, 2, 3, 4, 7, 8, 16, 32, 63, 64, 65, 100, 128};

  private final Random random;
  private final TermStore store;
  private final List<Term> made = new ArrayList<>();

  public RandomTerms(Random random, TermStore store, int... candidates) {
    this.random = random;
    this.store = store;
    int[] widths = new int[3];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = candidates[random.nextInt(candidates.length)];
    }
    for (int i = 0; i < 4; i++) {
      int width = widths[i % widths.length];
      made.add(store.variable("v" + i + "w" + width, width));
    }
    made.add(store.variable("c", 1));
  }

  public Term next(int steps) {
    Term last = made.getFirst();
    for (int i = 0; i < steps; i++) {
      last = step();
      made.add(last);
    }
    return last;
  }

  public List<Term> all() {
    return made;
  }

  private Term step() {
    Algebra<Term> a = store;
    Operator operator = Operator.values()[random.nextInt(Operator.values().length)];
    Term x = recent();
    int width = x.width();
    return switch (operator) {
      case NOT -> a.not(x);
      case NEG -> a.neg(x);
      case AND -> a.and(x, like(width));
      case OR -> a.or(x, like(width));
      case XOR -> a.xor(x, like(width));
      case ADD -> a.add(x, like(width));
      case SUB -> random.nextBoolean() ? a.sub(x, like(width)) : a.sub(like(width), x);
      case MUL -> a.mul(x, like(width));
      case UDIV -> a.udiv(x, like(width));
      case UREM -> a.urem(x, like(width));
      case SHL -> a.shl(x, amount(width));
      case LSHR -> a.lshr(x, amount(width));
      case ASHR -> a.ashr(x, amount(width));
      case EQ -> a.eq(x, like(width));
      case ULT -> random.nextBoolean() ? a.ult(x, like(width)) : a.ult(like(width), x);
      case SLT -> random.nextBoolean() ? a.slt(x, like(width)) : a.slt(like(width), x);
      case ITE -> a.ite(like(1), x, like(width));
      case EXTRACT -> {
        int low = random.nextInt(width);
        yield a.extract(x, low + random.nextInt(width - low), low);
      }
      case CONCAT -> concat(x);
      case ZERO_EXTEND -> a.zeroExtend(x, width + random.nextInt(Math.min(129 - width, 20)));
      case SIGN_EXTEND -> a.signExtend(x, width + random.nextInt(Math.min(129 - width, 20)));
    };
  }

  private Term concat(Term x) {
    for (int tries = 0; tries < 8; tries++) {
      Term y = made.get(random.nextInt(made.size()));
      if (x.width() + y.width() <= TermStore.MAX_WIDTH) {
        return random.nextBoolean() ? store.concat(x, y) : store.concat(y, x);
      }
    }
    return store.not(x);
  }

  private Term recent() {
    int back = Math.min(made.size(), random.nextInt(3) == 0 ? made.size() : 6);
    return made.get(made.size() - 1 - random.nextInt(back));
  }

  /** An existing term of that width, resized if need be, or a constant. */
  private Term like(int width) {
    if (random.nextInt(3) == 0) {
      return store.constant(edge(width));
    }
    List<Term> same = made.stream().filter(t -> t.width() == width).toList();
    if (!same.isEmpty() && random.nextInt(8) > 0) {
      return same.get(random.nextInt(same.size()));
    }
    Term any = made.get(random.nextInt(made.size()));
    if (any.width() > width) {
      return store.extract(any, width - 1, 0);
    }
    return random.nextBoolean() ? store.zeroExtend(any, width) : store.signExtend(any, width);
  }

  private Term amount(int width) {
    return random.nextInt(3) == 0
        ? like(width)
        : store.constant(Bits.of(width, random.nextInt(width + 2)));
  }

  private Bits edge(int width) {
    return switch (random.nextInt(6)) {
      case 0 -> Bits.of(width, 0);
      case 1 -> Bits.of(width, -1L, -1L);
      case 2 -> Bits.of(width, 1L << random.nextInt(64), random.nextBoolean() ? 0 : 1);
      case 3 -> Bits.of(width, (1L << random.nextInt(64)) - 1);
      case 4 -> Bits.of(width, random.nextInt(4) - 1, 0);
      default -> Bits.of(width, random.nextLong(), random.nextLong());
    };
  }

  public Map<Term.Variable, Bits> assignment() {
    Map<Term.Variable, Bits> values = new HashMap<>();
    for (Term.Variable variable : Terms.variables(made)) {
      values.put(variable, edge(variable.width()));
    }
    return values;
  }
}
