package dev.postern.verifier.report;

import dev.postern.model.Location;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Report.Assumption;
import dev.postern.model.report.Report.ViewVerdict;
import dev.postern.model.report.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The report a person reads in a terminal. Outcome first; then per view both theorems; then what
 * failed, each with the place in the policy, the attack, the registers to start from and the
 * instructions executed; then unknowns, waivers, what was proved, and what was assumed.
 */
final class TextReport implements ReportFormat {

  @Override
  public String id() {
    return "text";
  }

  @Override
  public String summary() {
    return "for people, at 80 columns";
  }

  @Override
  public boolean streams() {
    return true;
  }

  @Override
  public String render(Run run) {
    return run.answers().stream()
        .map(answer -> one(answer.report(), answer.presentation()))
        .collect(Collectors.joining());
  }

  private static String one(Report report, Presentation presentation) {
    Page page = new Page(presentation);
    outcome(report, page);
    views(report, page);
    findings(report, Verdict.REFUTED, page);
    findings(report, Verdict.UNKNOWN, page);
    findings(report, Verdict.WAIVED, page);
    proved(report, page);
    missing(report, page);
    assumptions(report, page);
    return page.toString();
  }

  /** One line, whatever its length: scripts and people read only this one. */
  private static void outcome(Report report, Page page) {
    StringBuilder line = new StringBuilder();
    List<String> unclaimed =
        report.views().stream()
            .filter(view -> view.mediation() == Verdict.NOT_CLAIMED)
            .map(ViewVerdict::name)
            .toList();
    if (!unclaimed.isEmpty()) {
      line.append(", mediation not claimed for ").append(String.join(", ", unclaimed));
    }
    if (report.partial()) {
      int all = report.rules().size() + report.missing().size();
      line.append(", partial run: ").append(report.rules().size()).append(" of ").append(all);
      line.append(" rules");
    }
    page.verdict(
        report.name() + " version " + report.version() + ": ", report.outcome(), line.toString());
    page.line("policy sha256 " + report.sha256());
  }

  private static void views(Report report, Page page) {
    if (report.views().isEmpty()) {
      page.blank();
      page.line("The policy has no protected view: there is nothing to prove.");
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("view", "index", "lock", "confinement", "mediation"));
    for (ViewVerdict view : report.views()) {
      rows.add(
          List.of(
              view.name(),
              Integer.toString(view.index()),
              view.lock(),
              view.confinement().toString(),
              view.mediation().toString()));
    }
    page.blank();
    page.table(rows, 0);
  }

  private static void findings(Report report, Verdict verdict, Page page) {
    for (Finding finding : report.findings()) {
      if (finding.verdict() == verdict) {
        page.blank();
        finding(finding, page);
      }
    }
  }

  private static void finding(Finding finding, Page page) {
    page.heading(finding.verdict(), " " + finding.rule(), Run.about(finding));
    finding.location().ifPresent(location -> excerpt(location, page));
    page.text(2, finding.message());
    if (!finding.discharges().isEmpty()) {
      page.labelled("discharges", String.join(" ", finding.discharges()));
    }
    finding.reason().ifPresent(reason -> page.labelled("because", reason));
    finding.counterexample().ifPresent(shown -> CounterexampleText.write(shown, page));
    finding.evidence().ifPresent(evidence -> page.labelled("evidence", describe(evidence)));
  }

  private static void excerpt(Location location, Page page) {
    page.line("  at " + location);
    Excerpt.of(location, page.presentation().excerpts(), 2).forEach(page::line);
  }

  private static String describe(Evidence evidence) {
    StringBuilder text = new StringBuilder(evidence.method());
    if (evidence.queries() > 0) {
      text.append(", ").append(evidence.queries()).append(" solver calls");
    }
    text.append(", ").append(evidence.millis()).append(" ms");
    evidence.smt2().ifPresent(digest -> text.append(", smt2 ").append(digest));
    evidence.witness().ifPresent(digest -> text.append(", witness ").append(digest));
    return text.toString();
  }

  private static void proved(Report report, Page page) {
    List<List<String>> rows = new ArrayList<>();
    for (String rule : report.rules()) {
      List<Finding> own = report.findings().stream().filter(f -> f.rule().equals(rule)).toList();
      long proved = own.stream().filter(f -> f.verdict() == Verdict.PROVED).count();
      if (proved > 0) {
        rows.add(List.of(rule, proved + (proved == own.size() ? "" : " of " + own.size())));
      }
    }
    if (!rows.isEmpty()) {
      page.blank();
      page.line("proved, obligations by rule");
      page.table(rows, 2);
    }
  }

  private static void missing(Report report, Page page) {
    if (report.partial()) {
      page.blank();
      page.line("not run");
      page.text(2, String.join(", ", report.missing()));
    }
  }

  private static void assumptions(Report report, Page page) {
    if (!report.assumptions().isEmpty()) {
      page.blank();
      page.line("assumed of the host");
      List<List<String>> rows = new ArrayList<>();
      for (Assumption assumption : report.assumptions()) {
        rows.add(List.of(assumption.id(), assumption.text()));
      }
      page.table(rows, 2);
    }
  }
}
