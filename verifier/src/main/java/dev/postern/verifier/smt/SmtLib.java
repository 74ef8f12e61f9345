package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Terms in SMT-LIB 2 syntax, logic QF_BV. The bytes of a script depend on the query's structure
 * alone: declarations come in order of first occurrence, definitions in the order of a
 * left-to-right walk.
 *
 * <p>One-bit terms are printed at the sort they have in SMT-LIB: comparisons and connectives as
 * Bool, others as {@code (_ BitVec 1)}; a use at the other sort converts. What occurs more than
 * once has a definition, named {@code ?0, ?1, …}, and so has what would nest too deeply for a
 * recursive reader.
 */
public final class SmtLib {

  /** How deep {@link #excerpt} looks. */
  private static final int EXCERPT_DEPTH = 6;

  /** Readers recurse, and some on small stacks. */
  private static final int MAX_NESTING = 40;

  private final StringBuilder out = new StringBuilder();
  private final Map<Term, Printed> printed = new HashMap<>();
  private int definitions;

  /**
   * Text of a term.
   *
   * @param bool whether it has sort Bool
   * @param nesting depth of parentheses, 0 for a name
   */
  private record Printed(String text, boolean bool, int nesting) {
    String asBool() {
      return bool ? text : "(= " + text + " #b1)";
    }

    String asBits() {
      return bool ? "(ite " + text + " #b1 #b0)" : text;
    }
  }

  private SmtLib() {}

  /** A script that asserts the query and asks {@code (check-sat)}. */
  public static String script(Query query) {
    return new SmtLib().print(query);
  }

  private String print(Query query) {
    query.title().lines().forEach(line -> out.append("; ").append(line).append('\n'));
    out.append("(set-logic QF_BV)\n");
    for (Term.Variable variable : query.variables()) {
      out.append("(declare-const ")
          .append(symbol(variable.name()))
          .append(" (_ BitVec ")
          .append(variable.width())
          .append("))\n");
    }
    List<Term> order = Terms.operandsFirst(query.asserted());
    Map<Term, Integer> uses = uses(order, query.asserted());
    for (Term term : order) {
      Printed text = print(term);
      boolean define =
          term instanceof Term.Apply
              && (uses.getOrDefault(term, 0) > 1 || text.nesting() >= MAX_NESTING);
      printed.put(term, define ? define(term, text) : text);
    }
    for (Term term : query.asserted()) {
      out.append("(assert ").append(look(term).asBool()).append(")\n");
    }
    return out.append("(check-sat)\n").toString();
  }

  private Printed define(Term term, Printed text) {
    String name = "?" + definitions++;
    String sort = text.bool() ? "Bool" : "(_ BitVec " + term.width() + ")";
    out.append("(define-fun ").append(name).append(" () ").append(sort).append(' ');
    out.append(text.text()).append(")\n");
    return new Printed(name, text.bool(), 0);
  }

  private static Map<Term, Integer> uses(List<Term> terms, Collection<Term> roots) {
    Map<Term, Integer> uses = new HashMap<>();
    for (Term term : terms) {
      if (term instanceof Term.Apply apply) {
        for (int i = 0; i < apply.arity(); i++) {
          uses.merge(apply.operand(i), 1, Integer::sum);
        }
      }
    }
    roots.forEach(root -> uses.merge(root, 1, Integer::sum));
    return uses;
  }

  private Printed look(Term term) {
    Printed known = printed.get(term);
    if (known == null) {
      throw new IllegalStateException("printed before its operands: " + term);
    }
    return known;
  }

  private Printed print(Term term) {
    return switch (term) {
      case Term.Constant constant -> new Printed(literal(constant.value()), false, 0);
      case Term.Variable variable -> new Printed(symbol(variable.name()), false, 0);
      case Term.Apply apply -> print(apply);
    };
  }

  private Printed print(Term.Apply term) {
    int nesting = 0;
    Printed[] operands = new Printed[term.arity()];
    for (int i = 0; i < operands.length; i++) {
      operands[i] = look(term.operand(i));
      nesting = Math.max(nesting, operands[i].nesting());
    }
    boolean bool = hasSortBool(term);
    StringBuilder text = new StringBuilder("(").append(head(term, bool));
    for (int i = 0; i < operands.length; i++) {
      boolean operandIsBool =
          switch (term.operator()) {
            case NOT, AND, OR, XOR -> bool;
            case ITE -> i == 0 || bool;
            case EQ -> operands[0].bool() || operands[1].bool();
            case NEG,
                ADD,
                SUB,
                MUL,
                UDIV,
                UREM,
                SHL,
                LSHR,
                ASHR,
                ULT,
                SLT,
                EXTRACT,
                CONCAT,
                ZERO_EXTEND,
                SIGN_EXTEND ->
                false;
          };
      text.append(' ').append(operandIsBool ? operands[i].asBool() : operands[i].asBits());
    }
    return new Printed(text.append(')').toString(), bool, nesting + 1);
  }

  private static boolean hasSortBool(Term.Apply term) {
    return switch (term.operator()) {
      case EQ, ULT, SLT -> true;
      case NOT, AND, OR, XOR, ITE -> term.width() == 1;
      case NEG,
          ADD,
          SUB,
          MUL,
          UDIV,
          UREM,
          SHL,
          LSHR,
          ASHR,
          EXTRACT,
          CONCAT,
          ZERO_EXTEND,
          SIGN_EXTEND ->
          false;
    };
  }

  private static String head(Term.Apply term, boolean bool) {
    String name = term.operator().smtLib();
    return switch (term.operator()) {
      case NOT, AND, OR, XOR -> bool ? name.substring("bv".length()) : name;
      case EXTRACT -> "(_ extract " + (term.low() + term.width() - 1) + " " + term.low() + ")";
      case ZERO_EXTEND, SIGN_EXTEND ->
          "(_ " + name + " " + (term.width() - term.operand(0).width()) + ")";
      case NEG, ADD, SUB, MUL, UDIV, UREM, SHL, LSHR, ASHR, EQ, ULT, SLT, ITE, CONCAT -> name;
    };
  }

  private static String literal(Bits value) {
    boolean hexadecimal = value.width() % 4 == 0;
    String digits = value.unsigned().toString(hexadecimal ? 16 : 2);
    int count = hexadecimal ? value.width() / 4 : value.width();
    return (hexadecimal ? "#x" : "#b") + "0".repeat(count - digits.length()) + digits;
  }

  /** Names are quoted, so that none is taken for a keyword. */
  private static String symbol(String name) {
    return "|" + name + "|";
  }

  /** One line for messages; what lies deeper than six levels is an ellipsis. */
  static String excerpt(Term term) {
    StringBuilder out = new StringBuilder();
    excerpt(out, term, EXCERPT_DEPTH);
    return out.toString();
  }

  private static void excerpt(StringBuilder out, Term term, int depth) {
    switch (term) {
      case Term.Constant constant -> out.append(literal(constant.value()));
      case Term.Variable variable -> out.append(variable.name());
      case Term.Apply apply -> {
        if (depth == 0) {
          out.append("…");
          return;
        }
        out.append('(').append(head(apply, false));
        for (int i = 0; i < apply.arity(); i++) {
          excerpt(out.append(' '), apply.operand(i), depth - 1);
        }
        out.append(')');
      }
    }
  }
}
