package dev.postern.verifier.smt;

/** Terms in SMT-LIB's syntax. */
public final class SmtLib {

  /** How deep {@link #excerpt} looks. */
  private static final int EXCERPT_DEPTH = 6;

  private SmtLib() {}

  /** One line for messages; what lies deeper than six levels is an ellipsis. */
  static String excerpt(Term term) {
    StringBuilder out = new StringBuilder();
    excerpt(out, term, EXCERPT_DEPTH);
    return out.toString();
  }

  private static void excerpt(StringBuilder out, Term term, int depth) {
    switch (term) {
      case Term.Constant constant -> out.append(constant.value());
      case Term.Variable variable -> out.append(variable.name());
      case Term.Apply apply -> {
        if (depth == 0) {
          out.append("…");
          return;
        }
        out.append('(').append(apply.operator().smtLib());
        if (apply.operator() == Operator.EXTRACT) {
          out.append(' ').append(apply.low() + apply.width() - 1).append(' ').append(apply.low());
        }
        for (int i = 0; i < apply.arity(); i++) {
          excerpt(out.append(' '), apply.operand(i), depth - 1);
        }
        out.append(')');
      }
    }
  }
}
