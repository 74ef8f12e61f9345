package dev.postern.verifier.evidence;

import dev.postern.verifier.Options;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.Bits;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An engine that searches for nothing: it repeats the answers it was given, "none" on probation and
 * a model only if it is one. What it was told nothing about is unknown.
 */
final class Answers implements Engine {

  private final Map<String, Optional<Map<String, String>>> answers;

  Answers(Map<String, Optional<Map<String, String>>> answers) {
    this.answers = answers;
  }

  @Override
  public boolean secondOpinion() {
    return false;
  }

  @Override
  public Solver solver(Options options) {
    return new Solver() {
      @Override
      public Answer solve(Query query) {
        return told(Transcript.Asked.IN_FULL, query);
      }

      @Override
      public Answer attempt(Query query) {
        return told(Transcript.Asked.AT_A_GLANCE, query);
      }

      private Answer told(Transcript.Asked asked, Query query) {
        Optional<Map<String, String>> told = answers.get(Transcript.name(asked, query));
        if (told == null) {
          return new Answer.Unknown("the bundle has no answer to a question");
        }
        return told.<Answer>map(values -> model(query, values)).orElseGet(Answer.Unsat::new);
      }

      @Override
      public List<Answer> solveEach(List<Query> batch) {
        return batch.stream().map(this::solve).toList();
      }

      @Override
      public SolverStatistics statistics() {
        return SolverStatistics.NONE;
      }

      @Override
      public void close() {}
    };
  }

  private static Answer model(Query query, Map<String, String> told) {
    Map<Term.Variable, Bits> values = new LinkedHashMap<>();
    for (Term.Variable variable : query.variables()) {
      String value = told.getOrDefault(variable.name(), "0");
      if (!value.matches("[0-9a-f]{1,32}")) {
        return new Answer.Unknown("the bundle's model of a question is malformed");
      }
      values.put(variable, Bits.of(variable.width(), new BigInteger(value, 16)));
    }
    Model model = new Model(values);
    return model.satisfies(query)
        ? new Answer.Sat(model)
        : new Answer.Unknown("the bundle's model of a question is none");
  }
}
