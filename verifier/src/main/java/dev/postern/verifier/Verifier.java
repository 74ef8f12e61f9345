package dev.postern.verifier;

import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.verifier.evidence.Engine;
import dev.postern.verifier.evidence.Scripts;
import dev.postern.verifier.evidence.Transcript;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.gate.GateWalks;
import dev.postern.verifier.gate.Known;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;

/** Policy in, report out. */
public final class Verifier {

  private Verifier() {}

  /**
   * A report and what it rests on.
   *
   * @param evidence SMT-LIB scripts that the report's evidence names
   * @param transcript every question and its answer, from which evidence is made
   * @param coverage how many things each obligation spoke of, by "rule: what"; zero is vacuous
   * @param known what is known at each instruction behind a gate, by the gate's name
   */
  public record Verified(
      Report report,
      Scripts evidence,
      Transcript transcript,
      Map<String, Long> coverage,
      Map<String, Known> known) {

    /** The scripts by SHA-256. */
    public Map<String, String> scripts() {
      return evidence.bySha256();
    }
  }

  /**
   * Loads the solver's library in the background, for a caller that has a policy to read meanwhile.
   * Where it does not load, the first question says so.
   */
  public static void prepare() {
    Thread.ofPlatform()
        .daemon()
        .name("load-z3")
        .start(() -> {
          try {
            Z3Solver.version();
          } catch (UnsatisfiedLinkError e) {
            // Said again, and answered as unknown, by the first query that needs the library.
          }
        });
  }

  /** Decides the policy by the rules that {@code options} asks for. */
  public static Report verify(Policy policy, Options options) {
    return run(policy, options).report();
  }

  /** Decides the policy, and keeps the evidence. */
  public static Verified run(Policy policy, Options options) {
    return run(policy, options, Engine.Z3);
  }

  /** Decides the policy by the answers of {@code engine}. */
  public static Verified run(Policy policy, Options options, Engine engine) {
    List<Rule> rules = selected(options);
    try (ForkJoinPool pool = new ForkJoinPool(options.jobs())) {
      ForkJoinTask<String> digest = pool.submit(() -> PolicyJson.sha256(policy));
      Verification verification = new Verification(policy, options, engine, pool);
      Map<String, Known> known = new LinkedHashMap<>();
      if (rules.stream().anyMatch(rule -> rule.id().level() == RuleId.Level.MEDIATION)) {
        // Walks continue on the desks of their landings: learnt before rules share them.
        for (GateWalk walk : GateWalks.of(verification).all()) {
          known.put(walk.gate().name(), walk.known());
        }
      }
      List<Finding> found = Findings.of(rules, verification);
      Findings.replay(found, verification.replayer());
      List<Finding> findings = Findings.settle(found, policy);
      Report report =
          Conclusion.of(
              policy, digest.join(), options, rules.stream().map(Rule::id).toList(), findings);
      return new Verified(
          report,
          verification.scripts(),
          verification.transcript(),
          verification.coverage(),
          known);
    }
  }

  private static List<Rule> selected(Options options) {
    return Rules.ALL.stream()
        .filter(rule -> !options.subset() || options.rules().contains(rule.id()))
        .toList();
  }
}
