package dev.postern.verifier.report;

import dev.postern.model.Location;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import java.math.BigDecimal;
import java.util.List;

/**
 * JUnit XML: a suite a policy, a case a finding. What the report does not speak of, a rule not run
 * or mediation not claimed, is a skipped case: left out, it would look proved.
 */
final class JunitReport implements ReportFormat {

  @Override
  public String id() {
    return "junit";
  }

  @Override
  public String summary() {
    return "JUnit XML, for test reports";
  }

  @Override
  public boolean streams() {
    return false;
  }

  @Override
  public String render(Run run) {
    Xml xml = new Xml().begin("testsuites", "name", "postern");
    run.answers().forEach(answer -> suite(answer, xml));
    run.refused().forEach(refused -> refused(refused, xml));
    return xml.end().toString();
  }

  private static void suite(Run.Answer answer, Xml xml) {
    List<Finding> findings = answer.report().findings();
    List<String> silent = answer.silent();
    xml.begin(
        "testsuite",
        "name",
        answer.report().name(),
        "tests",
        Integer.toString(findings.size() + silent.size()),
        "failures",
        Long.toString(answer.count(Verdict.REFUTED)),
        "errors",
        Long.toString(answer.count(Verdict.UNKNOWN)),
        "skipped",
        Long.toString(answer.count(Verdict.WAIVED) + silent.size()));
    xml.begin("properties");
    property("version", Long.toString(answer.report().version()), xml);
    property("sha256", answer.report().sha256(), xml);
    property("outcome", answer.report().outcome().toString(), xml);
    answer.report().assumptions().forEach(a -> property("assumed " + a.id(), a.text(), xml));
    xml.end();
    for (Finding finding : findings) {
      testcase(answer, finding, xml);
    }
    for (String what : silent) {
      xml.begin("testcase", "classname", answer.report().name(), "name", what);
      xml.element("skipped", "", "message", what).end();
    }
    xml.end();
  }

  private static void property(String name, String value, Xml xml) {
    xml.element("property", "", "name", name, "value", value);
  }

  private static void testcase(Run.Answer answer, Finding finding, Xml xml) {
    Location at = answer.place(finding);
    String about = Run.about(finding);
    xml.begin(
        "testcase",
        "classname",
        answer.report().name() + "." + finding.rule(),
        "name",
        about.isEmpty() ? finding.rule() : about,
        "file",
        at.file(),
        "line",
        Integer.toString(at.line()),
        "time",
        BigDecimal.valueOf(finding.evidence().map(Evidence::millis).orElse(0L), 3).toPlainString());
    String reason = finding.reason().orElse("");
    switch (finding.verdict()) {
      case REFUTED -> problem("failure", finding, details(answer, finding), xml);
      case UNKNOWN -> problem("error", finding, reason, xml);
      case WAIVED -> xml.element("skipped", "", "message", reason);
      case PROVED, NOT_CLAIMED -> xml.element("system-out", finding.message());
    }
    xml.end();
  }

  private static String details(Run.Answer answer, Finding finding) {
    String counterexample =
        finding
            .counterexample()
            .map(shown -> CounterexampleText.of(shown, answer.presentation().coloured(false)))
            .orElse("");
    return "at " + answer.place(finding) + "\n" + counterexample;
  }

  private static void problem(String element, Finding finding, String text, Xml xml) {
    xml.element(
        element,
        text,
        "message",
        finding.message(),
        "type",
        finding.verdict() + "." + finding.rule());
  }

  private static void refused(Run.Refused refused, Xml xml) {
    String file = refused.at().file();
    xml.begin("testsuite", "name", file, "tests", "1", "failures", "0", "errors", "1");
    xml.begin("testcase", "classname", file, "name", "is a policy", "file", file);
    xml.element("error", refused.at().toString(), "message", refused.message(), "type", "input");
    xml.end().end();
  }
}
