package dev.postern.verifier.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.checker.Checker;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Corpus;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.evidence.Audit.Objection;
import dev.postern.verifier.evidence.Audit.Reason;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.SolverDefect;
import dev.postern.verifier.smt.SolverStatistics;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.Bits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** An audit stands on true evidence, and on no other. */
class AuditorTest {

  private static Policy policy;
  private static Report report;
  private static SortedMap<String, Bytes> evidence;

  @BeforeAll
  static void proveOnce() {
    policy = Corpus.good();
    Verifier.Verified run = Verifier.run(policy, Options.DEFAULT);
    report = run.report();
    assertThat(report.outcome()).isEqualTo(Verdict.PROVED);
    evidence = files(run);
  }

  private static SortedMap<String, Bytes> files(Verifier.Verified run) {
    EvidenceMaker.Made made = EvidenceMaker.make(policy, run, EvidenceCache.NONE);
    assertThat(made.missing()).isEmpty();
    SortedMap<String, Bytes> files = new TreeMap<>(made.files());
    run.scripts().forEach((digest, text) -> files.put(digest + ".smt2", utf8(text)));
    return files;
  }

  private static Bytes utf8(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Audit audit(Report claimed, SortedMap<String, Bytes> files) {
    return Auditor.audit(policy, claimed, files, Options.DEFAULT);
  }

  @Test
  void trueEvidenceStands() {
    Audit audit = audit(report, evidence);
    assertThat(audit.objections()).isEmpty();
    assertThat(audit.proofs()).isPositive();
    assertThat(audit.witnesses()).isPositive();
    assertThat(audit.listings()).isPositive();
  }

  @Test
  void sameRunSameEvidence() {
    assertThat(files(Verifier.run(policy, Options.DEFAULT))).isEqualTo(evidence);
  }

  /** The first file with that ending, in the order of names; {@code skip} more are passed over. */
  private static String file(String ending, int skip) {
    List<String> names = evidence.keySet().stream().filter(n -> n.endsWith(ending)).toList();
    return names.get(skip % names.size());
  }

  private record Corruption(
      String name,
      Reason reason,
      String words,
      UnaryOperator<Report> claimed,
      Consumer<SortedMap<String, Bytes>> files) {}

  private static Corruption on(
      String name, Reason reason, String words, Consumer<SortedMap<String, Bytes>> files) {
    return new Corruption(name, reason, words, UnaryOperator.identity(), files);
  }

  private static Corruption claim(
      String name, Reason reason, String words, UnaryOperator<Report> claimed) {
    return new Corruption(name, reason, words, claimed, files -> {});
  }

  private static Consumer<SortedMap<String, Bytes>> change(
      String file, UnaryOperator<byte[]> change) {
    return files -> files.put(file, Bytes.of(change.apply(files.get(file).toArray())));
  }

  private static UnaryOperator<byte[]> flip(int fromEnd) {
    return bytes -> {
      bytes[bytes.length - 1 - fromEnd] ^= 1;
      return bytes;
    };
  }

  private static UnaryOperator<byte[]> cut(int by) {
    return bytes -> Arrays.copyOf(bytes, bytes.length - by);
  }

  private static byte[] append(byte[] bytes, int... more) {
    byte[] out = Arrays.copyOf(bytes, bytes.length + more.length);
    for (int i = 0; i < more.length; i++) {
      out[bytes.length + i] = (byte) more[i];
    }
    return out;
  }

  /** The evidence of {@code from} under the header of {@code to}. */
  private static Bytes transplanted(Bytes from, Bytes to) {
    byte[] head = line(to.toArray());
    byte[] body = from.toArray();
    System.arraycopy(head, 0, body, 0, head.length);
    return Bytes.of(body);
  }

  private static UnaryOperator<byte[]> header(String from, String to) {
    return bytes -> {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      return text.replaceFirst(from, to).getBytes(StandardCharsets.ISO_8859_1);
    };
  }

  private static List<Corruption> corruptions() {
    String proof = file(".proof", 0);
    String other = file(".witness", 1);
    String witness = file(".witness", 0);
    String sites = file(".sites", 0);
    String script = file(".obligation.smt2", 0);
    String asked =
        evidence.keySet().stream()
            .filter(n -> n.endsWith(".smt2") && !n.contains("obligation"))
            .findFirst()
            .orElseThrow();
    String zero = "0".repeat(64);
    List<Corruption> all = new ArrayList<>();
    for (String file : List.of(proof, witness, sites)) {
      String kind = file.substring(65);
      all.add(on(kind + " dropped", Reason.EVIDENCE_MISSING, "not there", f -> f.remove(file)));
      all.add(on(kind + " empty", Reason.EVIDENCE_REFUSED, "kind", f -> f.put(file, Bytes.of())));
      all.add(on(kind + " cut", Reason.EVIDENCE_REFUSED, "", change(file, cut(1))));
      all.add(
          on(
              kind + " continued",
              Reason.EVIDENCE_REFUSED,
              "follows the end",
              change(file, b -> append(b, 0))));
      all.add(on(kind + " flipped at the end", Reason.EVIDENCE_REFUSED, "", change(file, flip(0))));
      all.add(
          on(
              kind + " of another obligation",
              Reason.EVIDENCE_REFUSED,
              "names another obligation",
              change(file, header("[0-9a-f]{64}", zero))));
      all.add(
          on(
              kind + " of another version",
              Reason.EVIDENCE_REFUSED,
              "names another obligation",
              change(file, header(" " + Checker.VERSION + " ", " 0 "))));
      all.add(
          on(
              kind + " of another kind",
              Reason.EVIDENCE_REFUSED,
              "not evidence of kind",
              change(file, header("postern-[a-z]+", "postern-other"))));
      all.add(
          on(
              kind + " with a number in a longer form",
              Reason.EVIDENCE_REFUSED,
              "",
              change(file, b -> append(cut(1).apply(b), 0x80 | b[b.length - 1], 0))));
      all.add(
          on(
              kind + " under a stale name",
              Reason.EVIDENCE_UNEXPECTED,
              "evidence of nothing",
              f -> f.put(zero + file.substring(64), f.get(file))));
    }
    all.add(
        on(
            "witnesses swapped",
            Reason.EVIDENCE_REFUSED,
            "names another",
            f -> {
              Bytes first = f.get(witness);
              f.put(witness, f.get(other));
              f.put(other, first);
            }));
    Bytes foreign =
        EvidenceMaker.refute(Transcript.script(RefuterTest.claims().getFirst())).orElseThrow();
    all.add(
        on(
            "another obligation's proof under this one's name",
            Reason.EVIDENCE_REFUSED,
            "there is no variable",
            f -> f.put(proof, transplanted(foreign, f.get(proof)))));
    all.add(
        on(
            "witness for proof",
            Reason.EVIDENCE_REFUSED,
            "kind",
            f -> f.put(proof, f.get(witness))));
    all.add(
        on(
            "proof for witness",
            Reason.EVIDENCE_REFUSED,
            "kind",
            f -> f.put(witness, f.get(proof))));
    all.add(
        on(
            "proof without steps",
            Reason.EVIDENCE_REFUSED,
            "empty clause",
            change(proof, b -> append(line(b), 0))));
    all.add(
        on(
            "proof that only claims",
            Reason.EVIDENCE_REFUSED,
            "does not follow",
            change(proof, b -> append(line(b), 1, 0, 0))));
    all.add(
        on(
            "proof that ends before the empty clause",
            Reason.EVIDENCE_REFUSED,
            "",
            change(proof, b -> append(line(b), 1, 1, 2, 1, 1))));
    all.add(
        on(
            "proof that rests on itself",
            Reason.EVIDENCE_REFUSED,
            "no clause before it",
            change(proof, b -> append(line(b), 1, 0, 1, 0))));
    all.add(
        on(
            "proof with a huge count",
            Reason.EVIDENCE_REFUSED,
            "more than",
            change(proof, b -> append(line(b), 0xff, 0xff, 0xff, 0xff, 0x07))));
    all.add(on("script flipped", Reason.OBLIGATION_DIFFERS, "derived", change(script, flip(20))));
    all.add(on("script dropped", Reason.EVIDENCE_MISSING, "", f -> f.remove(script)));
    all.add(
        on(
            "script weakened",
            Reason.OBLIGATION_DIFFERS,
            "derived",
            f -> f.put(script, utf8("(set-logic QF_BV)\n(assert (= #b0 #b1))\n(check-sat)\n"))));
    all.add(on("query changed", Reason.OBLIGATION_DIFFERS, "derived", change(asked, flip(3))));
    all.add(on("query dropped", Reason.EVIDENCE_MISSING, "", f -> f.remove(asked)));
    all.add(
        on("answers dropped", Reason.EVIDENCE_MISSING, "", f -> f.remove(EvidenceMaker.ANSWERS)));
    all.add(
        on(
            "answers malformed",
            Reason.ANSWERS_MALFORMED,
            "",
            change(EvidenceMaker.ANSWERS, cut(1))));
    all.add(on("stray file", Reason.EVIDENCE_UNEXPECTED, "", f -> f.put("x", Bytes.of())));
    all.add(
        claim(
            "rule dropped",
            Reason.RULES_DIFFER,
            "other rules",
            r -> {
              List<String> rules = new ArrayList<>(r.rules());
              rules.removeLast();
              return with(r, rules, r.missing(), r.findings(), r.assumptions());
            }));
    all.add(
        claim(
            "rule dropped and said to be missing",
            Reason.FINDINGS_DIFFER,
            "",
            r -> {
              List<String> rules = new ArrayList<>(r.rules());
              String last = rules.removeLast();
              return with(r, rules, List.of(last), r.findings(), r.assumptions());
            }));
    all.add(
        claim(
            "finding dropped",
            Reason.FINDINGS_DIFFER,
            "not in the report",
            r ->
                with(
                    r,
                    r.rules(),
                    r.missing(),
                    r.findings().subList(1, r.findings().size()),
                    r.assumptions())));
    all.add(
        claim(
            "finding twice",
            Reason.FINDINGS_DIFFER,
            "not what the rules say",
            r -> {
              List<Finding> findings = new ArrayList<>(r.findings());
              findings.add(findings.getFirst());
              return with(r, r.rules(), r.missing(), findings, r.assumptions());
            }));
    all.add(
        claim(
            "waiver added",
            Reason.FINDINGS_DIFFER,
            "",
            r -> first(r, f -> finding(f, Verdict.WAIVED, f.message(), f.evidence()))));
    all.add(
        claim(
            "statement changed",
            Reason.FINDINGS_DIFFER,
            "",
            r -> first(r, f -> finding(f, f.verdict(), "all is well", f.evidence()))));
    all.add(
        claim(
            "stale witness digest",
            Reason.FINDINGS_DIFFER,
            "",
            r ->
                first(
                    r,
                    f ->
                        finding(
                            f,
                            f.verdict(),
                            f.message(),
                            Optional.of(
                                new Evidence("", Optional.of(zero), Optional.of(zero), 0, 0))))));
    all.add(
        claim(
            "assumption dropped",
            Reason.ASSUMPTIONS_DIFFER,
            "",
            r -> {
              var kept = r.assumptions().subList(1, r.assumptions().size());
              return with(r, r.rules(), r.missing(), r.findings(), kept);
            }));
    all.add(
        claim(
            "assumption weakened",
            Reason.ASSUMPTIONS_DIFFER,
            "",
            r -> {
              List<Report.Assumption> weaker = new ArrayList<>(r.assumptions());
              weaker.set(0, new Report.Assumption(weaker.getFirst().id(), "perhaps"));
              return with(r, r.rules(), r.missing(), r.findings(), weaker);
            }));
    all.add(
        claim(
            "another policy's report",
            Reason.REPORT_DIFFERS,
            "",
            r ->
                new Report(
                    r.name(),
                    r.version() + 1,
                    r.sha256(),
                    r.rules(),
                    r.missing(),
                    r.outcome(),
                    r.views(),
                    r.findings(),
                    r.assumptions())));
    return all;
  }

  /** The header alone. */
  private static byte[] line(byte[] evidence) {
    int end = new String(evidence, StandardCharsets.ISO_8859_1).indexOf('\n') + 1;
    return Arrays.copyOf(evidence, end);
  }

  private static Report with(
      Report r,
      List<String> rules,
      List<String> missing,
      List<Finding> findings,
      List<Report.Assumption> assumptions) {
    return new Report(
        r.name(),
        r.version(),
        r.sha256(),
        rules,
        missing,
        r.outcome(),
        r.views(),
        findings,
        assumptions);
  }

  private static Report first(Report r, UnaryOperator<Finding> change) {
    List<Finding> findings = new ArrayList<>(r.findings());
    findings.set(0, change.apply(findings.getFirst()));
    return with(r, r.rules(), r.missing(), findings, r.assumptions());
  }

  private static Finding finding(
      Finding f, Verdict verdict, String message, Optional<Evidence> rests) {
    return new Finding(
        f.rule(),
        f.discharges(),
        f.view(),
        f.subject(),
        verdict,
        message,
        Optional.of("because"),
        f.location(),
        f.counterexample(),
        rests);
  }

  @TestFactory
  Stream<DynamicTest> everyCorruptionIsRefused() {
    List<Corruption> all = corruptions();
    assertThat(all).hasSizeGreaterThan(40);
    return all.stream()
        .map(corruption ->
            DynamicTest.dynamicTest(
                corruption.name(),
                () -> {
                  SortedMap<String, Bytes> files = new TreeMap<>(evidence);
                  corruption.files().accept(files);
                  Audit audit = audit(corruption.claimed().apply(report), files);
                  assertThat(audit.stands()).isFalse();
                  assertThat(audit.objections())
                      .as("%s", audit.objections())
                      .anySatisfy(objection -> {
                        assertThat(objection.reason()).isEqualTo(corruption.reason());
                        assertThat(objection.detail()).contains(corruption.words());
                      });
                }));
  }

  /** Answers by {@code lie}; a model has random values. */
  private static Engine liar(Random random, boolean always) {
    return new Engine() {
      @Override
      public boolean secondOpinion() {
        return false;
      }

      @Override
      public Solver solver(Options options) {
        return new Solver() {
          @Override
          public Answer solve(Query query) {
            if (always || random.nextBoolean()) {
              return new Answer.Unsat();
            }
            Map<Term.Variable, Bits> values = new LinkedHashMap<>();
            query.variables().forEach(v -> values.put(v, Bits.of(v.width(), random.nextLong())));
            Model model = new Model(values);
            return model.satisfies(query) ? new Answer.Sat(model) : new Answer.Unknown("no idea");
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
    };
  }

  /** Whatever evidence can be had for what a liar said, with borrowed proofs for the rest. */
  private static SortedMap<String, Bytes> forged(Policy subject, Verifier.Verified run) {
    SortedMap<String, Bytes> files = new TreeMap<>();
    files.put(EvidenceMaker.ANSWERS, AnswersJson.write(run.transcript().answers()));
    run.scripts().forEach((digest, text) -> files.put(digest + ".smt2", utf8(text)));
    Bytes borrowed = evidence.get(file(".proof", 0));
    for (Claim claim : Claims.of(subject, run).values()) {
      switch (claim) {
        case Claim.Maps maps -> files.put(maps.file(), maps.witness());
        case Claim.Sites sites -> files.put(sites.file(), sites.sites());
        case Claim.Unsatisfiable formula -> {
          files.put(formula.scriptFile(), formula.script());
          Optional<Bytes> proof = Optional.empty();
          try {
            proof = EvidenceMaker.refute(formula.script());
          } catch (SolverDefect e) {
            assertThat(e).hasMessageContaining("has a model");
          }
          byte[] body = proof.orElse(borrowed).toArray();
          byte[] header =
              Checker.header(Checker.PROOF, Bytes.ofHex(formula.script().sha256()).toArray());
          System.arraycopy(header, 0, body, 0, header.length);
          files.put(formula.file(), Bytes.of(body));
        }
      }
    }
    return files;
  }

  private static final List<String> LIED_ABOUT =
      List.of(
          "landing-safe/refuted",
          "entry-state/refuted",
          "exit-scrubbed/refuted",
          "accesses-in-windows/refuted",
          "code-contained/refuted",
          "bounded/refuted");

  @Test
  void whatALiarProvesDoesNotStand() throws Exception {
    int believed = 0;
    for (String directory : LIED_ABOUT) {
      for (String name : policies(directory)) {
        Policy bad = Corpus.policy(directory + "/" + name);
        for (Engine engine : List.of(liar(new Random(1), true), liar(new Random(2), false))) {
          Verifier.Verified run = Verifier.run(bad, Options.DEFAULT, engine);
          Audit audit = Auditor.audit(bad, run.report(), forged(bad, run), Options.DEFAULT);
          assertThat(audit.stands()).as(name).isFalse();
          if (run.report().outcome() == Verdict.PROVED) {
            believed++;
            assertThat(audit.objections())
                .as(name)
                .extracting(Objection::reason)
                .contains(Reason.EVIDENCE_REFUSED);
          }
        }
      }
    }
    // Else no lie reached the auditor as "proved", and nothing was shown.
    assertThat(believed).isGreaterThan(LIED_ABOUT.size());
  }

  private static List<String> policies(String directory) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/rules", directory))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.endsWith(".postern"))
          .map(file -> file.replace(".postern", ""))
          .sorted()
          .limit(3)
          .toList();
    }
  }
}
