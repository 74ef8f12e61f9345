package dev.postern.verifier.smt;

import static dev.postern.verifier.smt.Facts.less;
import static dev.postern.verifier.smt.Facts.mask;
import static dev.postern.verifier.smt.Facts.maxUnsigned;
import static dev.postern.verifier.smt.Facts.minUnsigned;

import java.util.function.Function;

/**
 * What the facts about operands say of the result. Each case is sound: it includes every value the
 * operation can take on values that the operands' facts allow.
 */
final class FactRules {

  private FactRules() {}

  static Facts of(Operator operator, int width, int low, Term... operands) {
    return switch (operands.length) {
      case 1 -> of(operator, width, low, operands[0].facts());
      case 2 -> of(operator, width, operands[0].facts(), operands[1].facts());
      default -> ite(operands[0].facts(), operands[1].facts(), operands[2].facts());
    };
  }

  /** The facts of {@code term}, from those that {@code known} gives for its operands. */
  static Facts of(Term.Apply term, Function<Term, Facts> known) {
    Facts first = known.apply(term.operand(0));
    return switch (term.arity()) {
      case 1 -> of(term.operator(), term.width(), term.low(), first);
      case 2 -> of(term.operator(), term.width(), first, known.apply(term.operand(1)));
      default -> ite(first, known.apply(term.operand(1)), known.apply(term.operand(2)));
    };
  }

  private static Facts of(Operator operator, int width, int low, Facts a) {
    if (width > Facts.MAX_WIDTH || !a.recorded()) {
      return Facts.nothing(width);
    }
    return switch (operator) {
      case NOT ->
          Facts.of(width, a.ones(), a.zeros(), mask(width) & ~a.max(), mask(width) & ~a.min());
      case NEG -> add(Facts.exactly(width, 0), complement(a), true);
      case EXTRACT -> extract(width, low, a);
      case ZERO_EXTEND ->
          Facts.of(width, a.zeros() | (mask(width) & ~mask(a.width())), a.ones(), a.min(), a.max());
      case SIGN_EXTEND -> signExtend(width, a);
      case AND, OR, XOR, ADD, SUB, MUL, UDIV, UREM, SHL, LSHR, ASHR, EQ, ULT, SLT, ITE, CONCAT ->
          throw new IllegalArgumentException(operator + " is not unary");
    };
  }

  private static Facts of(Operator operator, int width, Facts a, Facts b) {
    if (width > Facts.MAX_WIDTH || !a.recorded() || !b.recorded()) {
      return Facts.nothing(width);
    }
    return switch (operator) {
      case AND ->
          Facts.of(
              width, a.zeros() | b.zeros(), a.ones() & b.ones(), 0, minUnsigned(a.max(), b.max()));
      case OR ->
          Facts.of(
              width,
              a.zeros() & b.zeros(),
              a.ones() | b.ones(),
              maxUnsigned(a.min(), b.min()),
              mask(width));
      case XOR ->
          Facts.ofBits(
              width,
              (a.zeros() & b.zeros()) | (a.ones() & b.ones()),
              (a.zeros() & b.ones()) | (a.ones() & b.zeros()));
      case ADD -> add(a, b, false);
      case SUB -> add(a, complement(b), true);
      case MUL -> mul(width, a, b);
      case UDIV ->
          b.min() == 0
              ? Facts.nothing(width)
              : Facts.ofInterval(
                  width,
                  Long.divideUnsigned(a.min(), b.max()),
                  Long.divideUnsigned(a.max(), b.min()));
      case UREM ->
          Facts.ofInterval(width, 0, b.min() == 0 ? a.max() : minUnsigned(a.max(), b.max() - 1));
      case SHL -> Facts.nothing(width);
      case LSHR -> Facts.ofInterval(width, 0, less(b.min(), width) ? a.max() >>> b.min() : 0);
      case ASHR -> Facts.nothing(width);
      case EQ -> bit(a.excludes(b), a.min() == a.max() && a.equals(b));
      case ULT -> bit(!less(a.min(), b.max()), less(a.max(), b.min()));
      case SLT -> slt(a, b);
      case CONCAT -> concat(width, a, b);
      case NOT, NEG, ITE, EXTRACT, ZERO_EXTEND, SIGN_EXTEND ->
          throw new IllegalArgumentException(operator + " is not binary");
    };
  }

  private static Facts ite(Facts condition, Facts then, Facts otherwise) {
    return condition.min() == 1 ? then : condition.max() == 0 ? otherwise : then.or(otherwise);
  }

  private static Facts bit(boolean surelyNot, boolean surely) {
    return surelyNot ? Facts.exactly(1, 0) : surely ? Facts.exactly(1, 1) : Facts.nothing(1);
  }

  /** Signed order is unsigned order after the sign bits are flipped, where those are known. */
  private static Facts slt(Facts a, Facts b) {
    if (a.sign().isEmpty() || b.sign().isEmpty()) {
      return Facts.nothing(1);
    }
    boolean negative = a.sign().get();
    return negative == b.sign().get()
        ? bit(!less(a.min(), b.max()), less(a.max(), b.min()))
        : Facts.exactly(1, negative ? 1 : 0);
  }

  private static Facts complement(Facts a) {
    long mask = mask(a.width());
    return Facts.of(a.width(), a.ones(), a.zeros(), mask & ~a.max(), mask & ~a.min());
  }

  /** a + b + carry. */
  private static Facts add(Facts a, Facts b, boolean carry) {
    int width = a.width();
    long mask = mask(width);
    long one = carry ? 1 : 0;
    // Bits: add the smallest and the largest candidates; a carry is known where both agree.
    long smallest = a.ones() + b.ones() + one;
    long largest = (mask & ~a.zeros()) + (mask & ~b.zeros()) + one;
    long carryKnownZero = ~(largest ^ a.zeros() ^ b.zeros());
    long carryKnownOne = smallest ^ a.ones() ^ b.ones();
    long known =
        mask & (a.zeros() | a.ones()) & (b.zeros() | b.ones()) & (carryKnownZero | carryKnownOne);
    // Interval: exact if all sums wrap, or none does.
    boolean minWraps = wraps(width, a.min(), b.min(), one);
    boolean maxWraps = wraps(width, a.max(), b.max(), one);
    return minWraps == maxWraps
        ? Facts.of(
            width,
            known & ~smallest,
            known & smallest,
            mask & (a.min() + b.min() + one),
            mask & (a.max() + b.max() + one))
        : Facts.ofBits(width, known & ~smallest, known & smallest);
  }

  private static boolean wraps(int width, long a, long b, long carry) {
    long room = mask(width) - a; // a + b + carry wraps iff b + carry > room
    return less(room, b) || (carry == 1 && room == b);
  }

  private static Facts mul(int width, Facts a, Facts b) {
    int trailing =
        Math.min(
            width, Long.numberOfTrailingZeros(~a.zeros()) + Long.numberOfTrailingZeros(~b.zeros()));
    long zeros = trailing == 0 ? 0 : mask(trailing);
    boolean fits =
        Math.unsignedMultiplyHigh(a.max(), b.max()) == 0 && !less(mask(width), a.max() * b.max());
    return fits
        ? Facts.of(width, zeros, 0, a.min() * b.min(), a.max() * b.max())
        : Facts.ofBits(width, zeros, 0);
  }

  private static Facts extract(int width, int low, Facts a) {
    long mask = mask(width);
    long zeros = mask & (a.zeros() >>> low);
    long ones = mask & (a.ones() >>> low);
    return less(mask, a.max() >>> low)
        ? Facts.ofBits(width, zeros, ones)
        : Facts.of(width, zeros, ones, a.min() >>> low, a.max() >>> low);
  }

  private static Facts signExtend(int width, Facts a) {
    long above = mask(width) & ~mask(a.width());
    if (a.sign().isEmpty()) {
      long below = mask(a.width() - 1);
      return Facts.ofBits(width, a.zeros() & below, a.ones() & below);
    }
    return a.sign().get()
        ? Facts.of(width, a.zeros(), a.ones() | above, a.min() | above, a.max() | above)
        : Facts.of(width, a.zeros() | above, a.ones(), a.min(), a.max());
  }

  private static Facts concat(int width, Facts high, Facts low) {
    int shift = low.width();
    return Facts.of(
        width,
        high.zeros() << shift | low.zeros(),
        high.ones() << shift | low.ones(),
        high.min() << shift | low.min(),
        high.max() << shift | low.max());
  }
}
