package dev.postern.verifier.smt;

import dev.postern.x86.Bits;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** Values for variables; a variable it does not name is 0. */
public final class Model {

  private final SequencedMap<Term.Variable, Bits> values;

  public Model(Map<Term.Variable, Bits> values) {
    this.values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
  }

  public Bits value(Term.Variable variable) {
    return values.getOrDefault(variable, Bits.of(variable.width(), 0));
  }

  /** The values named, for queries in order of first occurrence of their variables. */
  public SequencedMap<Term.Variable, Bits> values() {
    return values;
  }

  /** The value of any term, its variables taken from here. */
  public Bits evaluate(Term term) {
    return Terms.evaluate(term, values);
  }

  /** Whether every asserted term is 1 here. */
  public boolean satisfies(Query query) {
    Interpretation<Bits> evaluation = Terms.evaluation(values);
    return query.asserted().stream().allMatch(term -> evaluation.of(term).isTrue());
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    values.forEach((variable, value) ->
        out.append(out.isEmpty() ? "" : ", ").append(variable.name()).append(" = ").append(value));
    return out.toString();
  }
}
