package dev.postern.checker;

/**
 * Checks a refutation of clauses by unit propagation along hints (LRAT without deletions): the
 * number of steps; of each, how many literals it has and which, then how many hints and which, as
 * distances back from the step's own number. A literal is twice the variable, plus one if negated.
 */
final class ProofChecker {

  private final Clauses clauses; // those given, then the steps
  private final byte[] value; // of each variable under the assumption: 1 true, -1 false
  private final int[] assigned;
  private int count;

  private ProofChecker(Clauses clauses) {
    this.clauses = clauses;
    this.value = new byte[clauses.variables() + 1];
    this.assigned = new int[clauses.variables()];
  }

  /** Consumes {@code clauses}: the steps are added to it. */
  static void check(Clauses clauses, Reader proof) throws Refused {
    new ProofChecker(clauses).run(proof);
    proof.end();
  }

  private void run(Reader proof) throws Refused {
    int steps = proof.number(proof.left(), "number of steps");
    long literals = 0;
    int[] clause = new int[0];
    for (int step = 1; step <= steps; step++) {
      clause = new int[proof.number(proof.left(), "number of literals")];
      literals += clause.length;
      if (literals > Limits.PROOF_LITERALS) {
        throw new Refused("the proof has more than " + Limits.PROOF_LITERALS + " literals");
      }
      for (int i = 0; i < clause.length; i++) {
        clause[i] = literal(proof.number());
      }
      step(step, clause, proof);
      clauses.add(clause);
    }
    if (steps == 0 || clause.length > 0) {
      throw new Refused("the last step is not the empty clause");
    }
  }

  private int literal(int code) throws Refused {
    int variable = code >> 1;
    if (variable < 1 || variable > clauses.variables()) {
      throw new Refused("there is no variable " + variable);
    }
    return (code & 1) == 0 ? variable : -variable;
  }

  private void step(int step, int[] clause, Reader proof) throws Refused {
    for (int literal : clause) {
      if (!assign(-literal)) {
        throw new Refused("step " + step + ": holds a literal and its negation, or one twice");
      }
    }
    boolean conflict = false;
    int hints = proof.number(proof.left(), "number of hints");
    for (int i = 0; i < hints; i++) {
      int back = proof.number();
      int hint = clauses.count() + 1 - back;
      if (back < 1 || hint < 1) {
        throw new Refused("step " + step + ": a hint names no clause before it");
      }
      if (conflict) {
        throw new Refused("step " + step + ": hints follow the conflict");
      }
      conflict = propagate(step, hint);
    }
    if (!conflict) {
      throw new Refused("step " + step + ": does not follow by unit propagation");
    }
    while (count > 0) {
      value[assigned[--count]] = 0;
    }
  }

  /** Whether the clause is false; if it is not, its one literal that is not becomes true. */
  private boolean propagate(int step, int hint) throws Refused {
    int open = 0;
    for (int i = 0; i < clauses.size(hint); i++) {
      int literal = clauses.literal(hint, i);
      int sign = literal > 0 ? value[literal] : -value[-literal];
      if (sign > 0 || (sign == 0 && open != 0 && open != literal)) {
        throw new Refused("step " + step + ": hint " + hint + " is neither unit nor false");
      }
      if (sign == 0) {
        open = literal;
      }
    }
    if (open != 0) {
      assign(open);
    }
    return open == 0;
  }

  /** False if the variable has a value already. */
  private boolean assign(int literal) {
    int variable = Math.abs(literal);
    if (value[variable] != 0) {
      return false;
    }
    value[variable] = (byte) (literal > 0 ? 1 : -1);
    assigned[count++] = variable;
    return true;
  }
}
