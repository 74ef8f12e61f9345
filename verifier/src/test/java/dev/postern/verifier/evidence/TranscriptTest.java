package dev.postern.verifier.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.Options;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An auditor's engine says again what a run's engine said, to the question as it was asked. */
class TranscriptTest {

  private static final TermAlgebra ALGEBRA = new TermAlgebra();
  private static final Query QUERY =
      new Query("", List.of(ALGEBRA.ult(ALGEBRA.variable("x", 8), ALGEBRA.variable("y", 8))));

  /** Given up at a glance and decided in full: whichever comes last, each is answered as it was. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aQuestionAskedAtAGlanceIsAnother(boolean glanceFirst) throws Exception {
    Transcript transcript = new Transcript();
    try (Solver noted = transcript.open(new Impatient())) {
      if (glanceFirst) {
        noted.attempt(QUERY);
      }
      noted.solve(QUERY);
      if (!glanceFirst) {
        noted.attempt(QUERY);
      }
    }

    Answers answers = new Answers(AnswersJson.read(AnswersJson.write(transcript.answers())));
    try (Solver again = answers.solver(Options.DEFAULT)) {
      assertThat(again.solve(QUERY)).isInstanceOf(Answer.Unsat.class);
      assertThat(again.attempt(QUERY)).isInstanceOf(Answer.Unknown.class);
    }
  }

  /** Decides nothing at a glance. */
  private static final class Impatient implements Solver {
    @Override
    public Answer solve(Query query) {
      return new Answer.Unsat();
    }

    @Override
    public Answer attempt(Query query) {
      return new Answer.Unknown("no time");
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
  }
}
