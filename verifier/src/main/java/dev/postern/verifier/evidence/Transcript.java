package dev.postern.verifier.evidence;

import dev.postern.model.Bytes;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.PairwiseWitness;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.SmtLib;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverStatistics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/**
 * What a run asked and what it was told. Only an answer "no model" carries a proof, for a model can
 * be looked at; so those are what has to be shown. Questions of one family (one landing in one
 * mode, and what follows it) become one obligation, without their titles and in the order of their
 * bytes, so that it does not depend on which rule asked first. For several threads.
 */
public final class Transcript {

  private final IdentityHashMap<Object, List<Query>> excluded = new IdentityHashMap<>();
  private final List<Told> told = new ArrayList<>();
  private final List<Supplier<Claim>> sweeps = new ArrayList<>();

  /** What the engine was asked, how, and said. */
  private record Told(Asked asked, Query query, Answer answer) {}

  /**
   * How a question is asked. One that is given up soon is another question than the same words with
   * all the time there is: an auditor who was told the later answer to both would walk another way
   * than the run did.
   */
  enum Asked {
    IN_FULL,
    AT_A_GLANCE
  }

  /** {@code inner}, with its answers noted as what has to be shown. */
  public Solver noting(Solver inner) {
    return new Noted(
        inner,
        (_, query, answer) -> {
          if (answer instanceof Answer.Unsat) {
            exclude(query);
          }
        });
  }

  /** {@code inner}, with its answers noted as what the run was told. */
  public Solver open(Solver inner) {
    return new Noted(inner, this::tell);
  }

  private synchronized void exclude(Query query) {
    query
        .family()
        .ifPresent(family -> excluded.computeIfAbsent(family, _ -> new ArrayList<>()).add(query));
  }

  private synchronized void tell(Asked asked, Query query, Answer answer) {
    told.add(new Told(asked, query, answer));
  }

  public synchronized <V, W> void holds(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Witness witness) {
    sweeps.add(() -> MapClaims.of(question, left, right, witness));
  }

  public synchronized <V> void holds(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      PairwiseWitness witness) {
    sweeps.add(() -> MapClaims.of(name, maps, conflict, witness));
  }

  /** The engine's answers by the {@linkplain #name names} of the questions. */
  synchronized SortedMap<String, Answer> answers() {
    SortedMap<String, Answer> answers = new TreeMap<>();
    told.forEach(t -> answers.put(name(t.asked(), t.query()), t.answer()));
    return answers;
  }

  /** SHA-256 of the question's script, behind a comment where it is asked at a glance. */
  static String name(Asked asked, Query query) {
    return switch (asked) {
      case IN_FULL -> script(query).sha256();
      case AT_A_GLANCE -> text("; at a glance\n" + text(query)).sha256();
    };
  }

  /** What has to be shown for the run's conclusion to stand, each once, by file name. */
  synchronized SortedMap<String, Claim> claims() {
    SortedMap<String, Claim> claims = new TreeMap<>();
    for (List<Query> queries : excluded.values()) {
      SortedMap<String, Query> open = new TreeMap<>();
      for (Query query : queries) {
        // One that holds a constant 0 has no model by inspection.
        if (query.asserted().stream().noneMatch(term -> term.isFalse())) {
          open.put(script(query).sha256(), query);
        }
      }
      if (!open.isEmpty()) {
        Claim claim = new Claim.Unsatisfiable(script(Query.anyOf("", List.copyOf(open.values()))));
        claims.put(claim.file(), claim);
      }
    }
    for (Supplier<Claim> sweep : sweeps) {
      Claim claim = sweep.get();
      claims.put(claim.file(), claim);
    }
    return claims;
  }

  /** The script of a query, without its title: the same question has the same bytes. */
  static Bytes script(Query query) {
    return text(text(query));
  }

  private static String text(Query query) {
    return SmtLib.script(new Query("", query.asserted()));
  }

  private static Bytes text(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private interface Note {
    void take(Asked asked, Query query, Answer answer);
  }

  private record Noted(Solver inner, Note note) implements Solver {
    @Override
    public Answer solve(Query query) {
      Answer answer = inner.solve(query);
      note.take(Asked.IN_FULL, query, answer);
      return answer;
    }

    @Override
    public Answer attempt(Query query) {
      Answer answer = inner.attempt(query);
      note.take(Asked.AT_A_GLANCE, query, answer);
      return answer;
    }

    @Override
    public List<Answer> solveEach(List<Query> batch) {
      List<Answer> answers = inner.solveEach(batch);
      for (int i = 0; i < answers.size(); i++) {
        note.take(Asked.IN_FULL, batch.get(i), answers.get(i));
      }
      return answers;
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
