package dev.postern.verifier.evidence;

import dev.postern.checker.Checker;
import dev.postern.checker.Clauses;
import java.io.ByteArrayOutputStream;

/** Clauses derived one after another, each with the clauses before it that it follows from. */
final class Trace {

  private final int given;
  private final IntList data = new IntList(); // of each step: literals, hints, both with counts
  private final IntList starts = new IntList();

  Trace(Clauses clauses) {
    this.given = clauses.count();
  }

  /** The number of the new clause. */
  int add(int[] clause, int[] hints) {
    starts.add(data.size());
    data.add(clause.length);
    for (int literal : clause) {
      data.add(literal);
    }
    data.add(hints.length);
    for (int hint : hints) {
      data.add(hint);
    }
    return given + starts.size();
  }

  int steps() {
    return starts.size();
  }

  /**
   * The proof in the checker's form: only the steps that the last one needs, renumbered.
   *
   * @param digest SHA-256 of the obligation
   */
  byte[] proof(byte[] digest) {
    int steps = starts.size();
    boolean[] needed = new boolean[steps];
    needed[steps - 1] = true;
    int count = 0;
    for (int s = steps - 1; s >= 0; s--) {
      if (needed[s]) {
        count++;
        int hints = hintsOf(s);
        for (int i = 1; i <= data.get(hints); i++) {
          int step = data.get(hints + i) - given - 1;
          if (step >= 0) {
            needed[step] = true;
          }
        }
      }
    }
    int[] renumbered = new int[steps];
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Checker.header(Checker.PROOF, digest));
    Numbers.write(out, count);
    int number = given;
    for (int s = 0; s < steps; s++) {
      if (!needed[s]) {
        continue;
      }
      renumbered[s] = ++number;
      int at = starts.get(s);
      int literals = data.get(at);
      Numbers.write(out, literals);
      for (int i = 1; i <= literals; i++) {
        int literal = data.get(at + i);
        Numbers.write(out, literal > 0 ? 2 * literal : -2 * literal + 1);
      }
      int hints = hintsOf(s);
      Numbers.write(out, data.get(hints));
      for (int i = 1; i <= data.get(hints); i++) {
        int hint = data.get(hints + i);
        Numbers.write(out, number - (hint > given ? renumbered[hint - given - 1] : hint));
      }
    }
    return out.toByteArray();
  }

  private int hintsOf(int step) {
    int at = starts.get(step);
    return at + data.get(at) + 1;
  }
}
