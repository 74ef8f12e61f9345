package dev.postern.verifier.frame;

import dev.postern.model.Bytes;
import dev.postern.model.report.Evidence;
import dev.postern.verifier.Verification;
import dev.postern.verifier.map.Agreement;
import dev.postern.verifier.map.Agreement.PairwiseVerdict;
import dev.postern.verifier.map.Agreement.Verdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.PairwiseWitness;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import dev.postern.verifier.smt.Solver;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Asks one question of maps, by sweep and by Z3 in slices, and keeps the evidence: who was asked,
 * and the digest of the witness. Sweep and solver agree, or the run ends.
 */
public final class MapProver {

  private final Verification.Stopwatch watch;
  private final Verification run;
  private final Solver solver;
  private Optional<String> witness = Optional.empty();

  public MapProver(Verification run) {
    this.watch = run.stopwatch();
    this.run = run;
    this.solver = run.engine().solver(run.options());
  }

  public <V, W> Verdict<V, W> decide(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    Verdict<V, W> verdict =
        run.engine().secondOpinion()
            ? Agreement.decide(question, left, right, solver)
            : Agreement.bySweep(question, left, right);
    if (verdict instanceof Verdict.Holds<V, W>(Witness found, int slices)) {
      witness = Optional.of(digest(found));
      run.transcript().holds(question, left, right, found);
    }
    return verdict;
  }

  public <V> PairwiseVerdict<V> pairwise(
      String name, List<IntervalMap<V>> maps, BiPredicate<? super V, ? super V> conflict) {
    PairwiseVerdict<V> verdict =
        run.engine().secondOpinion()
            ? Agreement.pairwise(name, maps, conflict, solver)
            : Agreement.pairwiseBySweep(name, maps, conflict);
    if (verdict instanceof PairwiseVerdict.Holds<V>(PairwiseWitness found, int slices)) {
      witness = Optional.of(digest(found));
      run.transcript().holds(name, maps, conflict, found);
    }
    return verdict;
  }

  /** What the answer rests on, up to now. */
  public Evidence evidence() {
    int queries = Math.toIntExact(solver.statistics().queries());
    return new Evidence(
        queries == 0 ? "sweep" : "sweep and z3",
        Optional.empty(),
        witness,
        queries,
        watch.millis());
  }

  private static String digest(Witness witness) {
    StringBuilder text = new StringBuilder(witness.question());
    text.append('\n').append(witness.left()).append('\n').append(witness.right());
    for (int i = 0; i < witness.size(); i++) {
      text.append('\n').append(witness.start(i));
    }
    return sha256(text);
  }

  private static String digest(PairwiseWitness witness) {
    StringBuilder text = new StringBuilder(witness.question());
    witness.maps().forEach(map -> text.append('\n').append(map));
    for (int i = 0; i < witness.size(); i++) {
      text.append('\n').append(witness.step(i));
    }
    return sha256(text);
  }

  private static String sha256(CharSequence text) {
    return Bytes.of(text.toString().getBytes(StandardCharsets.UTF_8)).sha256();
  }
}
