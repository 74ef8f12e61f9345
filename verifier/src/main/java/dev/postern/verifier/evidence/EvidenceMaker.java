package dev.postern.verifier.evidence;

import dev.postern.checker.Check;
import dev.postern.checker.Formula;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.smt.SolverDefect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Looks for the evidence of a run, and lets the checker judge it before it is given out. */
public final class EvidenceMaker {

  /** Name of the file with the engine's answers, on which an auditor runs the rules again. */
  public static final String ANSWERS = "answers.json";

  /** Conflicts for one obligation; the hardest of the examples takes a few thousand. */
  private static final long CONFLICTS = 500_000;

  /**
   * Evidence.
   *
   * @param files by name
   * @param missing what no evidence was found for; an auditor will say unknown
   * @param reused how many pieces came from the cache
   */
  public record Made(SortedMap<String, Bytes> files, List<String> missing, int reused) {
    public Made {
      missing = List.copyOf(missing);
    }
  }

  private EvidenceMaker() {}

  public static Made make(Policy policy, Verifier.Verified run, EvidenceCache cache) {
    SortedMap<String, Bytes> files = new TreeMap<>();
    List<String> missing = new ArrayList<>();
    int reused = 0;
    files.put(ANSWERS, AnswersJson.write(run.transcript().answers()));
    for (Claim claim : Claims.of(policy, run).values()) {
      if (claim instanceof Claim.Unsatisfiable formula) {
        files.put(formula.scriptFile(), formula.script());
      }
      Optional<Bytes> known = cache.get(claim.file()).filter(bytes -> accepted(claim, bytes));
      Optional<Bytes> evidence = known.isPresent() ? known : search(claim);
      if (evidence.isEmpty()) {
        missing.add(claim.file());
        continue;
      }
      files.put(claim.file(), evidence.get());
      if (known.isPresent()) {
        reused++;
      } else {
        cache.put(claim.file(), evidence.get());
      }
    }
    return new Made(files, missing, reused);
  }

  private static boolean accepted(Claim claim, Bytes evidence) {
    return claim.check(evidence) instanceof Check.Accepted;
  }

  private static Optional<Bytes> search(Claim claim) {
    Optional<Bytes> found =
        switch (claim) {
          case Claim.Maps maps -> Optional.of(maps.witness());
          case Claim.Sites sites -> Optional.of(sites.sites());
          case Claim.Unsatisfiable formula -> refute(formula.script());
        };
    if (found.isPresent() && claim.check(found.get()) instanceof Check.Rejected(String reason)) {
      throw new SolverDefect("the checker refuses " + claim.file() + ": " + reason);
    }
    return found;
  }

  /** A proof that the script has no model; a model means that whoever said so was wrong. */
  public static Optional<Bytes> refute(Bytes script) {
    Formula formula =
        Formula.of(script.toArray())
            .orElseThrow(() -> new SolverDefect("the checker cannot read an obligation"));
    return switch (Refuter.run(formula.clauses(), CONFLICTS)) {
      case Refuter.Result.Refutation(Trace trace) ->
          Optional.of(Bytes.of(trace.proof(Bytes.ofHex(script.sha256()).toArray())));
      case Refuter.Result.GaveUp() -> Optional.empty();
      case Refuter.Result.Satisfied satisfied ->
          throw new SolverDefect(
              "an obligation that was answered unsatisfiable has a model:\n"
                  + new String(script.toArray(), StandardCharsets.UTF_8));
    };
  }
}
