package dev.postern.verifier.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a desk remembers saves questions and changes no answer. */
final class DeskTest {

  private final List<Query> asked = new ArrayList<>();
  private final Desk desk = new Desk(new Asking());
  private final Term x = desk.algebra().variable("x", 64);
  private final Term odd =
      desk.algebra()
          .eq(
              desk.algebra().extract(desk.algebra().mul(x, x), 0, 0),
              desk.algebra().constant(1, 1));

  private Term below(long bound) {
    return desk.algebra().ult(x, desk.algebra().constant(64, bound));
  }

  private Term not(Term term) {
    return desk.algebra().not(term);
  }

  @Test
  void aPathThatAKnownModelTakesIsNotAskedAbout() {
    assertThat(desk.plainlyExcluded(List.of(odd))).isFalse();
    assertThat(asked).hasSize(1);
    assertThat(desk.plainlyExcluded(List.of(odd))).isFalse();
    assertThat(asked).hasSize(1);
    assertThat(desk.restsOn()).isEmpty();
  }

  @Test
  void oneWayOfABranchIsAskedAbout() {
    assertThat(desk.plainlyExcluded(List.of(odd))).isFalse();
    assertThat(desk.plainlyExcluded(List.of(odd, below(100)))).isFalse();
    assertThat(desk.plainlyExcluded(List.of(odd, not(below(100))))).isFalse();
    assertThat(asked).hasSize(2);
  }

  @Test
  void aPathWithoutAModelIsExcludedWhateverWasAskedBefore() {
    assertThat(desk.plainlyExcluded(List.of(not(below(4))))).isFalse();
    assertThat(desk.plainlyExcluded(List.of(odd, below(1)))).isTrue();
    assertThat(desk.plainlyExcluded(List.of(not(below(4)), below(2)))).isTrue();
    assertThat(desk.restsOn()).hasSize(2);
    assertThat(desk.plainlyExcluded(List.of(not(below(4))))).isFalse();
  }

  /** Notes what it is asked. */
  private final class Asking implements Solver {
    private final Solver inner = new Prover(() -> new Z3Solver(Z3Limits.DEFAULT));

    @Override
    public Answer solve(Query query) {
      asked.add(query);
      return inner.solve(query);
    }

    @Override
    public List<Answer> solveEach(List<Query> batch) {
      return batch.stream().map(this::solve).toList();
    }

    @Override
    public SolverStatistics statistics() {
      return inner.statistics();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
