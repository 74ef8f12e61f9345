package dev.postern.checker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A script's circuit and its clauses: what a prover refutes and a proof speaks of. */
public final class Formula {

  private final Script script;
  private final Clauses clauses;

  private Formula(Script script) {
    this.script = script;
    this.clauses =
        script.circuit.clauses(script.asserted.stream().mapToInt(Integer::intValue).toArray());
  }

  static Formula parse(byte... script) throws Refused {
    return new Formula(Script.read(script));
  }

  /** The formula of a script; empty where {@link Checker} would refuse it. */
  public static Optional<Formula> of(byte... script) {
    try {
      return Optional.of(parse(script));
    } catch (Refused e) {
      return Optional.empty();
    }
  }

  public Clauses clauses() {
    return clauses;
  }

  /** Names of the variables, in order of declaration. */
  public List<String> variables() {
    return Collections.unmodifiableList(new ArrayList<>(script.inputs.keySet()));
  }

  public int width(String variable) {
    return input(variable).length;
  }

  /** The clause variable of bit {@code bit} of a word. */
  public int clauseVariable(String variable, int bit) {
    return input(variable)[bit] >> 1;
  }

  private int[] input(String variable) {
    int[] word = script.inputs.get(variable);
    if (word == null) {
      throw new IllegalArgumentException("no variable " + variable);
    }
    return word;
  }

  /**
   * Under which of 64 assignments all assertions hold.
   *
   * @param assignments for each variable a word for each of its bits: assignment i is in bit i
   */
  public long satisfied(Map<String, long[]> assignments) {
    long[] values = new long[script.circuit.nodes()];
    assignments.forEach((name, lanes) -> {
      int[] word = input(name);
      for (int i = 0; i < word.length; i++) {
        values[word[i] >> 1] = lanes[i];
      }
    });
    script.circuit.evaluate(values);
    long all = -1;
    for (int literal : script.asserted) {
      all &= Circuit.value(values, literal);
    }
    return all;
  }
}
