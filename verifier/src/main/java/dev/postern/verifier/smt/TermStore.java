package dev.postern.verifier.smt;

import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes terms, one object for one structure, exactly as asked: no rewriting ({@link TermAlgebra}
 * adds that). Terms of different stores do not mix. A store belongs to one thread at a time and
 * keeps its terms for as long as it lives.
 */
public final class TermStore implements Algebra<Term> {

  public static final int MAX_WIDTH = 128;

  /**
   * What SMT-LIB can quote between bars, less a leading {@code ?}, which marks the printer's own
   * names.
   */
  private static final Pattern NAME = Pattern.compile("[^?|\\\\\\p{Cntrl}][^|\\\\\\p{Cntrl}]*");

  private final Map<Bits, Term.Constant> constants = new HashMap<>();
  private final Map<String, Term.Variable> variables = new HashMap<>();
  private Term.@Nullable Apply[] table = new Term.Apply[1024]; // open addressing, linear probing
  private int applied;
  private int created;

  /** How many terms there are. */
  public int size() {
    return created;
  }

  /**
   * The variable of that name.
   *
   * @throws IllegalArgumentException if the name is taken at another width, or cannot be printed
   */
  public Term.Variable variable(String name, int width) {
    Term.Variable known = variables.get(name);
    if (known != null) {
      if (known.width() != width) {
        throw new IllegalArgumentException(
            "variable %s has %d bits, not %d".formatted(name, known.width(), width));
      }
      return known;
    }
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a variable: " + name);
    }
    checkWidth(width);
    long hash = mix(mix(2, width), nameHash(name));
    Term.Variable made = new Term.Variable(this, created++, name, width, hash);
    variables.put(name, made);
    return made;
  }

  public Term.Constant constant(Bits value) {
    Term.Constant known = constants.get(value);
    if (known != null) {
      return known;
    }
    long hash = mix(mix(mix(1, value.width()), value.low()), value.high());
    Term.Constant made = new Term.Constant(this, created++, value, hash);
    constants.put(value, made);
    return made;
  }

  private Term apply(Operator operator, int width, int low, Term... operands) {
    checkWidth(width);
    long hash = mix(mix(mix(3, operator.smtLib().hashCode()), width), low);
    for (Term operand : operands) {
      if (operand.store() != this) {
        throw new IllegalArgumentException("a term of another store: " + operand);
      }
      hash = mix(hash, operand.structuralHash());
    }
    int slot = (int) hash & (table.length - 1);
    for (Term.Apply known = table[slot]; known != null; known = table[slot]) {
      if (known.structuralHash() == hash && known.is(operator, operands, width, low)) {
        return known;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    Facts facts = FactRules.of(operator, width, low, operands);
    Term.Apply made = new Term.Apply(this, created++, operator, operands, width, low, hash, facts);
    table[slot] = made;
    if (++applied * 2 > table.length) {
      grow();
    }
    return made;
  }

  private void grow() {
    Term.@Nullable Apply[] old = table;
    table = new Term.Apply[Math.multiplyExact(old.length, 2)];
    for (Term.Apply term : old) {
      if (term != null) {
        int slot = (int) term.structuralHash() & (table.length - 1);
        while (table[slot] != null) {
          slot = (slot + 1) & (table.length - 1);
        }
        table[slot] = term;
      }
    }
  }

  /** Structural, so the same on every run; the constants are those of MurmurHash3's finaliser. */
  private static long mix(long state, long value) {
    long h = (state * 31 + value) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }

  private static long nameHash(String name) {
    long hash = name.length();
    for (int i = 0; i < name.length(); i++) {
      hash = mix(hash, name.charAt(i));
    }
    return hash;
  }

  private static void checkWidth(int width) {
    if (width < 1 || width > MAX_WIDTH) {
      throw new IllegalArgumentException("bit-vector width " + width + " outside 1..128");
    }
  }

  private static int sameWidth(Operator operator, Term a, Term b) {
    if (a.width() != b.width()) {
      throw new IllegalArgumentException(
          "%s of %d and %d bits".formatted(operator.smtLib(), a.width(), b.width()));
    }
    return a.width();
  }

  private Term unary(Operator operator, Term a) {
    return apply(operator, a.width(), 0, a);
  }

  private Term binary(Operator operator, Term a, Term b) {
    return apply(operator, sameWidth(operator, a, b), 0, a, b);
  }

  private Term comparison(Operator operator, Term a, Term b) {
    sameWidth(operator, a, b);
    return apply(operator, 1, 0, a, b);
  }

  @Override
  public Term constant(int width, long value) {
    if (width > 64) {
      throw new IllegalArgumentException("constant of " + width + " bits; at most 64");
    }
    return constant(Bits.of(width, value));
  }

  @Override
  public int width(Term value) {
    return value.width();
  }

  @Override
  public Term not(Term a) {
    return unary(Operator.NOT, a);
  }

  @Override
  public Term neg(Term a) {
    return unary(Operator.NEG, a);
  }

  @Override
  public Term and(Term a, Term b) {
    return binary(Operator.AND, a, b);
  }

  @Override
  public Term or(Term a, Term b) {
    return binary(Operator.OR, a, b);
  }

  @Override
  public Term xor(Term a, Term b) {
    return binary(Operator.XOR, a, b);
  }

  @Override
  public Term add(Term a, Term b) {
    return binary(Operator.ADD, a, b);
  }

  @Override
  public Term sub(Term a, Term b) {
    return binary(Operator.SUB, a, b);
  }

  @Override
  public Term mul(Term a, Term b) {
    return binary(Operator.MUL, a, b);
  }

  @Override
  public Term udiv(Term a, Term b) {
    return binary(Operator.UDIV, a, b);
  }

  @Override
  public Term urem(Term a, Term b) {
    return binary(Operator.UREM, a, b);
  }

  @Override
  public Term shl(Term a, Term amount) {
    return binary(Operator.SHL, a, amount);
  }

  @Override
  public Term lshr(Term a, Term amount) {
    return binary(Operator.LSHR, a, amount);
  }

  @Override
  public Term ashr(Term a, Term amount) {
    return binary(Operator.ASHR, a, amount);
  }

  @Override
  public Term eq(Term a, Term b) {
    return comparison(Operator.EQ, a, b);
  }

  @Override
  public Term ult(Term a, Term b) {
    return comparison(Operator.ULT, a, b);
  }

  @Override
  public Term slt(Term a, Term b) {
    return comparison(Operator.SLT, a, b);
  }

  @Override
  public Term ite(Term condition, Term then, Term otherwise) {
    if (condition.width() != 1) {
      throw new IllegalArgumentException("condition of " + condition.width() + " bits");
    }
    int width = sameWidth(Operator.ITE, then, otherwise);
    return apply(Operator.ITE, width, 0, condition, then, otherwise);
  }

  @Override
  public Term extract(Term a, int high, int low) {
    if (low < 0 || high < low || high >= a.width()) {
      throw new IllegalArgumentException(
          "bits %d..%d of a %d-bit term".formatted(high, low, a.width()));
    }
    return apply(Operator.EXTRACT, high - low + 1, low, a);
  }

  @Override
  public Term concat(Term high, Term low) {
    return apply(Operator.CONCAT, high.width() + low.width(), 0, high, low);
  }

  /** Extension by nothing is the term itself. */
  @Override
  public Term zeroExtend(Term a, int width) {
    return extend(Operator.ZERO_EXTEND, a, width);
  }

  @Override
  public Term signExtend(Term a, int width) {
    return extend(Operator.SIGN_EXTEND, a, width);
  }

  private Term extend(Operator operator, Term a, int width) {
    if (width < a.width()) {
      throw new IllegalArgumentException("extension from " + a.width() + " to " + width);
    }
    return width == a.width() ? a : apply(operator, width, 0, a);
  }
}
