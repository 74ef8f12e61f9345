package dev.postern.verifier.evidence;

import dev.postern.checker.Check;
import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.evidence.Audit.Objection;
import dev.postern.verifier.evidence.Audit.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Re-checks a report and its evidence without a solver.
 *
 * <p>Why an audit without objections implies that the report is right, given obligation generation
 * and the checker. The rules are run again on the policy; wherever they asked a solver, they are
 * told what the bundle says it said. Call the answers "no model" of that run its hypotheses. (1) If
 * all hypotheses are true, the run is one with a correct solver: models were evaluated, and sweeps
 * were made anew. (2) {@link Transcript} has noted every hypothesis, also those that facts alone
 * decided, and each is a disjunct of a claim; the checker accepts evidence for every claim, byte
 * for byte the one derived here; so all hypotheses are true. (3) The report derived is the bundle's
 * in everything that has meaning. Nothing depends on who gave the answers or why: wrong ones end in
 * a claim that is false, for which no evidence passes.
 */
public final class Auditor {

  private final Policy policy;
  private final Report report;
  private final SortedMap<String, Bytes> evidence;
  private final List<Objection> objections = new ArrayList<>();
  private final SortedMap<String, Long> nanos = new TreeMap<>();

  private Auditor(Policy policy, Report report, SortedMap<String, Bytes> evidence) {
    this.policy = policy;
    this.report = report;
    this.evidence = evidence;
  }

  /**
   * Audits.
   *
   * @param evidence files by name, as {@link EvidenceMaker} makes them, and the report's scripts
   */
  public static Audit audit(
      Policy policy, Report report, SortedMap<String, Bytes> evidence, Options options) {
    return new Auditor(policy, report, evidence).run(options);
  }

  private Audit run(Options options) {
    Verifier.Verified again = Verifier.run(policy, options.withRules(rules()), engine());
    SortedMap<String, Claim> claims = Claims.of(policy, again);
    compare(again.report());
    scripts(again.scripts());
    claims.values().forEach(this::claim);
    unexpected(claims, again.scripts());
    long bytes = evidence.values().stream().mapToLong(Bytes::size).sum();
    return new Audit(
        again.report(), objections, List.copyOf(claims.values()), again.known(), bytes, nanos);
  }

  /** The rules the report says were run; empty, which means all of them, if it says so. */
  private Set<RuleId> rules() {
    Set<RuleId> rules = EnumSet.noneOf(RuleId.class);
    if (report.partial()) {
      report.rules().forEach(id -> RuleId.of(id).ifPresent(rules::add));
    }
    return rules;
  }

  private Engine engine() {
    Bytes answers = evidence.get(EvidenceMaker.ANSWERS);
    if (answers == null) {
      object(Reason.EVIDENCE_MISSING, EvidenceMaker.ANSWERS, "is not there");
      return new Answers(Map.of());
    }
    try {
      return new Answers(AnswersJson.read(answers));
    } catch (JsonException e) {
      object(Reason.ANSWERS_MALFORMED, EvidenceMaker.ANSWERS, String.valueOf(e.getMessage()));
      return new Answers(Map.of());
    }
  }

  private void object(Reason reason, String subject, String detail) {
    objections.add(new Objection(reason, subject, detail));
  }

  private void compare(Report derived) {
    if (derived.outcome() != Verdict.PROVED) {
      object(Reason.NOT_PROVED, "outcome", "the rules run again say " + derived.outcome());
    }
    if (!derived.rules().equals(report.rules()) || !derived.missing().equals(report.missing())) {
      object(Reason.RULES_DIFFER, "rules", "the report speaks of other rules than were run again");
    }
    if (!derived.assumptions().equals(report.assumptions())) {
      object(Reason.ASSUMPTIONS_DIFFER, "assumptions", "the report has others than the policy");
    }
    findings(derived);
    if (!bare(derived).equals(bare(report))) {
      object(Reason.REPORT_DIFFERS, "report", "name, version, digest or views differ");
    }
  }

  /** What is left of a report when findings, rules and assumptions were compared. */
  private static Report bare(Report r) {
    return new Report(
        r.name(),
        r.version(),
        r.sha256(),
        List.of(),
        List.of(),
        r.outcome(),
        r.views(),
        List.of(),
        List.of());
  }

  private void findings(Report derived) {
    Map<Finding, Integer> balance = new HashMap<>();
    derived.findings().forEach(f -> balance.merge(meaning(f), 1, Integer::sum));
    for (Finding finding : report.findings()) {
      if (balance.merge(meaning(finding), -1, Integer::sum) < 0) {
        object(Reason.FINDINGS_DIFFER, name(finding), "is not what the rules say, run again");
      }
    }
    derived.findings().stream()
        .filter(f -> balance.getOrDefault(meaning(f), 0) > 0)
        .forEach(f -> object(Reason.FINDINGS_DIFFER, name(f), "is not in the report"));
  }

  private static String name(Finding finding) {
    return finding.rule() + " " + finding.view() + " " + finding.subject();
  }

  /**
   * A finding without where it was written (a policy read from JSON has other places) and how it
   * was found, but with the digests of what it rests on.
   */
  private static Finding meaning(Finding f) {
    return new Finding(
        f.rule(),
        f.discharges(),
        f.view(),
        f.subject(),
        f.verdict(),
        f.message(),
        f.reason(),
        Optional.empty(),
        f.counterexample(),
        f.evidence().map(e -> new Evidence("", e.smt2(), e.witness(), 0, 0)));
  }

  private void scripts(Map<String, String> scripts) {
    scripts.forEach(
        (digest, text) -> same(digest + ".smt2", Bytes.of(text.getBytes(StandardCharsets.UTF_8))));
  }

  private void same(String file, Bytes derived) {
    Bytes given = evidence.get(file);
    if (given == null) {
      object(Reason.EVIDENCE_MISSING, file, "is not there");
    } else if (!given.equals(derived)) {
      object(Reason.OBLIGATION_DIFFERS, file, "is not the obligation derived from the policy");
    }
  }

  private void claim(Claim claim) {
    if (claim instanceof Claim.Unsatisfiable formula) {
      same(formula.scriptFile(), formula.script());
    }
    Bytes given = evidence.get(claim.file());
    if (given == null) {
      object(Reason.EVIDENCE_MISSING, claim.file(), "is not there");
      return;
    }
    long start = System.nanoTime();
    Check check = claim.check(given);
    nanos.put(claim.file(), System.nanoTime() - start);
    if (check instanceof Check.Rejected(String why)) {
      object(Reason.EVIDENCE_REFUSED, claim.file(), why);
    }
  }

  private void unexpected(SortedMap<String, Claim> claims, Map<String, String> scripts) {
    TreeMap<String, Bytes> rest = new TreeMap<>(evidence);
    rest.remove(EvidenceMaker.ANSWERS);
    scripts.keySet().forEach(digest -> rest.remove(digest + ".smt2"));
    for (Claim claim : claims.values()) {
      rest.remove(claim.file());
      if (claim instanceof Claim.Unsatisfiable formula) {
        rest.remove(formula.scriptFile());
      }
    }
    new TreeSet<>(rest.keySet())
        .forEach(file -> object(Reason.EVIDENCE_UNEXPECTED, file, "is evidence of nothing here"));
  }
}
