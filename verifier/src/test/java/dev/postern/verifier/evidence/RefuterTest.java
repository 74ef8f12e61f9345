package dev.postern.verifier.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.checker.Check;
import dev.postern.checker.Checker;
import dev.postern.checker.Formula;
import dev.postern.model.Bytes;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.RandomTerms;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the refuter says, the checker and Z3 confirm; what is changed in a proof, the checker sees.
 */
class RefuterTest {

  /** Operators that a small search decides in every case. */
  private static final int[] NARROW = {1, 2, 3, 4, 7};

  private static Query random(Random random) {
    TermStore store = new TermStore();
    RandomTerms terms = new RandomTerms(random, store, NARROW);
    List<Term> asserted = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Term term = terms.next(6);
      asserted.add(term.width() == 1 ? term : store.extract(term, 0, 0));
    }
    return new Query("", asserted);
  }

  private static Formula formula(Query query) {
    return Formula.of(Transcript.script(query).toArray()).orElseThrow();
  }

  @Test
  void agreesWithZ3AndTheCheckerAccepts() {
    Random random = new Random(7);
    int refuted = 0;
    try (Z3Solver z3 = new Z3Solver(Z3Limits.DEFAULT)) {
      for (int round = 0; round < 300; round++) {
        Query query = random(random);
        Bytes script = Transcript.script(query);
        boolean unsat = z3.solve(query) instanceof Answer.Unsat;
        switch (Refuter.run(formula(query).clauses(), 100_000)) {
          case Refuter.Result.Refutation(Trace trace) -> {
            assertThat(unsat).as("round %d", round).isTrue();
            byte[] proof = trace.proof(Bytes.ofHex(script.sha256()).toArray());
            assertThat(Checker.proof(script.toArray(), proof)).isEqualTo(new Check.Accepted());
            refuted++;
          }
          case Refuter.Result.Satisfied(BitSet model) -> {
            assertThat(unsat).as("round %d", round).isFalse();
            satisfies(formula(query), model);
          }
          case Refuter.Result.GaveUp() -> throw new AssertionError("round " + round);
        }
      }
    }
    assertThat(refuted).isBetween(50, 250);
  }

  private static void satisfies(Formula formula, BitSet model) {
    var clauses = formula.clauses();
    for (int c = 1; c <= clauses.count(); c++) {
      boolean holds = false;
      for (int i = 0; i < clauses.size(c); i++) {
        int literal = clauses.literal(c, i);
        holds |= model.get(Math.abs(literal)) == literal > 0;
      }
      assertThat(holds).as("clause %d", c).isTrue();
    }
  }

  /** x < y < z implies x < z, at 64 bits; and a bound that wraps. */
  static List<Query> claims() {
    TermStore t = new TermStore();
    Term x = t.variable("x", 64);
    Term y = t.variable("y", 64);
    Term z = t.variable("z", 64);
    Term n = t.variable("n", 16);
    Term m = t.variable("m", 16);
    return List.of(
        Query.of("", t.ult(x, y), t.ult(y, z), t.not(t.ult(x, z))),
        Query.of(
            "",
            t.ult(x, t.constant(64, 4096)),
            t.ult(t.add(x, t.constant(64, 0x1000)), t.constant(64, 0x1000))),
        Query.of("", t.not(t.eq(t.add(x, y), t.add(y, x)))),
        Query.of("", t.not(t.eq(t.sub(t.add(n, m), m), n))),
        Query.of("", t.not(t.eq(t.neg(t.neg(x)), x))));
  }

  @Test
  void provesWhatTrampolinesNeed() {
    for (Query query : claims()) {
      assertThat(EvidenceMaker.refute(Transcript.script(query))).isPresent();
    }
  }

  /**
   * A mutated proof is refused, but for one that is another proof: changing a literal of a step may
   * leave a clause that follows as well. Those are checked by a solver of the outside when there is
   * one; here they are counted, and must be few.
   */
  @Test
  void mutatedProofsAreRefused() {
    Random random = new Random(11);
    int refused = 0;
    int stillProofs = 0;
    for (Query query : claims()) {
      Bytes script = Transcript.script(query);
      Bytes proof = EvidenceMaker.refute(script).orElseThrow();
      for (int round = 0; round < 400; round++) {
        byte[] mutant = proof.toArray();
        int at = random.nextInt(mutant.length);
        mutant[at] ^= (byte) (1 << random.nextInt(8));
        if (Checker.proof(script.toArray(), mutant) instanceof Check.Rejected) {
          refused++;
        } else {
          stillProofs++;
        }
      }
    }
    assertThat(refused).isGreaterThan(1_000);
    assertThat(stillProofs).isLessThan(refused / 10);
  }

  @Test
  void noMutantProvesWhatHasAModel() {
    TermStore t = new TermStore();
    Term x = t.variable("x", 64);
    Term y = t.variable("y", 64);
    Term z = t.variable("z", 64);
    Query near = Query.of("", t.ult(x, y), t.ult(y, z), t.ult(x, z)); // has a model
    Bytes script = Transcript.script(near);
    Random random = new Random(13);
    for (Query other : claims()) {
      byte[] body = EvidenceMaker.refute(Transcript.script(other)).orElseThrow().toArray();
      byte[] header = Checker.header(Checker.PROOF, Bytes.ofHex(script.sha256()).toArray());
      for (int round = 0; round < 300; round++) {
        byte[] mutant = body.clone();
        System.arraycopy(header, 0, mutant, 0, header.length);
        int at = header.length + random.nextInt(mutant.length - header.length);
        mutant[at] ^= (byte) (1 << random.nextInt(8));
        assertThat(Checker.proof(script.toArray(), mutant)).isInstanceOf(Check.Rejected.class);
      }
    }
  }

  /** CaDiCaL, where it is installed, refutes the same clauses. */
  @Test
  @Tag("slow")
  void cadicalRefutesTheSameClauses(@TempDir Path directory) throws Exception {
    Path cadical = Path.of("/usr/bin/cadical");
    if (!Files.isExecutable(cadical)) {
      System.out.println("SKIPPED: comparison with cadical: not installed");
      return;
    }
    Random random = new Random(17);
    for (int round = 0; round < 200; round++) {
      Formula formula = formula(random(random));
      var clauses = formula.clauses();
      StringBuilder dimacs = new StringBuilder();
      dimacs.append("p cnf ").append(clauses.variables()).append(' ').append(clauses.count());
      for (int c = 1; c <= clauses.count(); c++) {
        dimacs.append('\n');
        for (int i = 0; i < clauses.size(c); i++) {
          dimacs.append(clauses.literal(c, i)).append(' ');
        }
        dimacs.append('0');
      }
      Path file = directory.resolve("f.cnf");
      Files.writeString(file, dimacs.append('\n').toString(), StandardCharsets.US_ASCII);
      int status =
          new ProcessBuilder(cadical.toString(), "-q", "-n", file.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      boolean refuted = Refuter.run(clauses, 100_000) instanceof Refuter.Result.Refutation;
      assertThat(status).as("round %d", round).isEqualTo(refuted ? 20 : 10);
    }
  }
}
