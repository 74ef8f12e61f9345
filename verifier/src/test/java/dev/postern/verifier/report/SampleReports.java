package dev.postern.verifier.report;

import dev.postern.model.Cpu;
import dev.postern.model.Location;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.rule.Rules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reports of every shape, about one small policy. Each shows one thing a format must get right. */
final class SampleReports {

  static final String TEXT =
      """
      policy fw-to-nat version 7

      view tx of fw index 1 {
      \ttrampoline vhost-tx:.trampoline at 0x8000_1000
          code vhost-tx:.protected at 0x8000_2000
      }
      """;

  static final Policy POLICY =
      new Policy(
          new Location("fw-to-nat.postern", 1, 1),
          "fw-to-nat",
          7,
          new Cpu(
              new Location("fw-to-nat.postern", 1, 1),
              46,
              true,
              Set.of(PageSize.LARGE),
              false,
              true,
              false,
              Map.of(),
              Cpu.L1tf.AFFECTED),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of());

  static final Presentation PLAIN =
      Presentation.plain(Excerpts.of(Map.of("fw-to-nat.postern", TEXT)));

  private static final Location TRAMPOLINE = new Location("fw-to-nat.postern", 4, 2);

  private SampleReports() {}

  static Run.Answer answer(Report report) {
    return new Run.Answer(report, POLICY, PLAIN);
  }

  /** A complete run in which each rule found nothing against it. */
  static Run.Answer everyRuleProved() {
    List<String> rules = Rules.ALL.stream().map(rule -> rule.id().id()).toList();
    Report some = all().get("proved");
    return answer(
        new Report(
            some.name(),
            some.version(),
            some.sha256(),
            rules,
            List.of(),
            Verdict.PROVED,
            some.views(),
            rules.stream().map(SampleReports::provedBy).toList(),
            List.of()));
  }

  private static Finding provedBy(String rule) {
    Finding some = proved("tx");
    return new Finding(
        rule,
        List.of(),
        some.view(),
        some.subject(),
        some.verdict(),
        some.message(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** All of them in one run, and one file that is no policy. */
  static Run run() {
    return new Run(
        new TreeMap<>(all()).values().stream().map(SampleReports::answer).toList(),
        List.of(
            new Run.Refused(
                new Location("./a, b:c/50%.postern", 3, 7), "expected '}', not '::' [syntax]")));
  }

  /** As many refuted and unknown findings as asked for. */
  static Run run(int refuted, int unknown) {
    List<Finding> findings = new ArrayList<>(Collections.nCopies(refuted, refuted()));
    findings.addAll(Collections.nCopies(unknown, unknown()));
    Report report =
        report(Verdict.REFUTED, Verdict.PROVED, List.of(), findings.toArray(Finding[]::new));
    return Run.of(answer(report));
  }

  /** Name of the golden file to report. */
  static Map<String, Report> all() {
    return Map.of(
        "proved", report(Verdict.PROVED, Verdict.PROVED, List.of(), proved("tx")),
        "refuted", report(Verdict.REFUTED, Verdict.REFUTED, List.of(), refuted(), proved("tx")),
        "unknown", report(Verdict.UNKNOWN, Verdict.UNKNOWN, List.of(), unknown(), proved("tx")),
        "waived", report(Verdict.PROVED, Verdict.WAIVED, List.of(), waived(), proved("tx")),
        "not-claimed", report(Verdict.PROVED, Verdict.NOT_CLAIMED, List.of(), proved("tx")),
        "partial", report(Verdict.PROVED, Verdict.PROVED, MISSING, proved("tx")),
        "access", report(Verdict.REFUTED, Verdict.UNKNOWN, List.of(), access()),
        "hostile", report(Verdict.UNKNOWN, Verdict.UNKNOWN, List.of(), hostile()));
  }

  private static final List<String> MISSING =
      List.of("entry-state", "code-contained", "accesses-in-windows", "bounded", "speculation");

  private static Report report(
      Verdict outcome, Verdict mediation, List<String> missing, Finding... findings) {
    return new Report(
        "fw-to-nat",
        7,
        PolicyJson.sha256(POLICY),
        List.of("destination-approved", "landing-safe", "gate-live"),
        missing,
        outcome,
        List.of(
            new Report.ViewVerdict("tx", 1, "hlat", Verdict.PROVED, mediation),
            new Report.ViewVerdict("receive-side", 17, "hlat", Verdict.PROVED, Verdict.PROVED)),
        List.of(findings),
        List.of(
            new Report.Assumption("K7", "CR3-load exiting is 1 with no targets"),
            new Report.Assumption(
                "O-48",
                "an exit from a protected view that is not allowed there is completed in the"
                    + " default view, state scrubbed")));
  }

  private static Finding proved(String view) {
    return new Finding(
        "destination-approved",
        List.of("O-35"),
        view,
        "window nat.rx-ring",
        Verdict.PROVED,
        "every page is approved with these permissions",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(evidence("sweep", 0)));
  }

  private static Finding refuted() {
    return new Finding(
        "landing-safe",
        List.of("O-10", "O-11"),
        "tx",
        "trampoline+0x47",
        Verdict.REFUTED,
        "after the switch the tail runs in view 257 and reads memory through rsp before it has"
            + " checked the view",
        Optional.empty(),
        Optional.of(TRAMPOLINE),
        Optional.of(
            new Counterexample(
                Counterexample.Kind.EXECUTION,
                "the guest jumps to the exit site with ecx=0x101; cl is compared, so view 257"
                    + " passes for view 1",
                Map.of(
                    "rip",
                    "0x80001044",
                    "rcx",
                    "0x101",
                    "rsp",
                    "0xdead0000",
                    "view",
                    "0x0",
                    "xmm0",
                    "0x0"),
                List.of(new Counterexample.PageEntry(257, "0x80001000", "0x80001000")),
                List.of(new Counterexample.Content(0, "0x1000", "cc".repeat(64))),
                List.of(
                    new Counterexample.Content(257, "0x81000000", "ffffffff"),
                    new Counterexample.Content(257, "0x81000000", "00000000")),
                List.of(
                    step(0, "0f01d4", "vmfunc", "active view becomes 257"),
                    step(257, "80f901", "cmp cl, 1", ""),
                    step(
                        257,
                        "c7840080563412efbeadde",
                        "mov dword [rax+rax+0x12345680], 0xdeadbeef",
                        "writes gpa 0x12345680, which no window of the view holds")))),
        Optional.of(evidence("symbolic execution", 12)));
  }

  private static Counterexample.Step step(int view, String bytes, String text, String effect) {
    return new Counterexample.Step(view, "0x80001047", "0x80001047", bytes, text, effect);
  }

  private static Finding unknown() {
    return new Finding(
        "gate-live",
        List.of(),
        "tx",
        "gate transmit",
        Verdict.UNKNOWN,
        "the legitimate call could not be run to its end",
        Optional.of("instruction vaddps at 0x80002010 is not modelled"),
        Optional.of(TRAMPOLINE),
        Optional.empty(),
        Optional.of(evidence("execution", 0)));
  }

  private static Finding waived() {
    return new Finding(
        "speculation",
        List.of("O-67"),
        "tx",
        "code",
        Verdict.WAIVED,
        "no lfence after the bounds check",
        Optional.of("lab hosts only, ticket 4711"),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Finding access() {
    return new Finding(
        "destination-approved",
        List.of("O-35"),
        "",
        "window nat.rx-buffers",
        Verdict.REFUTED,
        "gpa 0x9110_0000 maps a frame that nat does not approve",
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new Counterexample(
                Counterexample.Kind.ACCESS,
                "code in view tx writes gpa 0x9110_0000",
                Map.of("view", "0x1", "gpa", "0x91100000", "access", "w"),
                List.of(),
                List.of(),
                List.of(),
                List.of())),
        Optional.of(new Evidence("sweep", Optional.empty(), Optional.of("1".repeat(64)), 0, 3)));
  }

  /** What a policy's author may name things, to drive the terminal of who reads the report. */
  private static Finding hostile() {
    return new Finding(
        "landing-safe",
        List.of("O-10"),
        "tx\u001b[2J",
        "gate \u202eevil\r\n0 proved",
        Verdict.UNKNOWN,
        "a \u0007bell, a \u009b31m control sequence, a\ttab, a 字 and a \ud83d\ude00",
        Optional.of("solver gave up"),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Evidence evidence(String method, int queries) {
    return new Evidence(
        method,
        queries == 0 ? Optional.empty() : Optional.of("0123456789abcdef".repeat(4)),
        Optional.empty(),
        queries,
        12);
  }
}
