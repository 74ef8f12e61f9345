package dev.postern.verifier.report;

import dev.postern.model.Location;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Report.Assumption;
import dev.postern.model.report.Report.ViewVerdict;
import dev.postern.model.report.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The report a person reads in a terminal. Outcome first; then per view both theorems; then what
 * failed, each with the place in the policy, the attack, the registers to start from and the
 * instructions executed; then unknowns, waivers, what was proved, and what was assumed.
 */
final class TextReport implements ReportFormat {

  /** Registers a reader wants to see first; the others follow by name. */
  private static final List<String> REGISTER_ORDER =
      List.of(
          "view", "mode", "cs", "rip", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",
          "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");

  @Override
  public String id() {
    return "text";
  }

  @Override
  public String summary() {
    return "for people, at 80 columns";
  }

  @Override
  public String render(Report report, Policy policy, Presentation presentation) {
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
    String where =
        finding.subject()
            + (finding.view().isEmpty() || finding.subject().isEmpty() ? "" : " in ")
            + (finding.view().isEmpty() ? "" : "view " + finding.view());
    page.heading(finding.verdict(), " " + finding.rule(), where);
    finding.location().ifPresent(location -> excerpt(location, page));
    page.text(2, finding.message());
    if (!finding.discharges().isEmpty()) {
      page.labelled("discharges", String.join(" ", finding.discharges()));
    }
    finding.reason().ifPresent(reason -> page.labelled("because", reason));
    finding.counterexample().ifPresent(shown -> counterexample(shown, page));
    finding.evidence().ifPresent(evidence -> page.labelled("evidence", describe(evidence)));
  }

  private static void excerpt(Location location, Page page) {
    page.line("  at " + location);
    Excerpt.of(location, page.presentation.excerpts(), 2).forEach(page::line);
  }

  private static void counterexample(Counterexample shown, Page page) {
    page.labelled("attack", shown.attack());
    if (!shown.start().isEmpty()) {
      String rest =
          switch (shown.kind()) {
            case EXECUTION -> " (other registers are zero)";
            case ACCESS, STATEMENT -> "";
          };
      page.labelled("start", String.join(" ", registers(shown.start())) + rest);
    }
    for (Counterexample.PageEntry entry : shown.paging()) {
      page.labelled("page", entry.la() + " is gpa " + entry.gpa() + " in view " + entry.view());
    }
    contents("memory holds", shown.memory(), page);
    contents("loads from windows return, in turn", shown.fetches(), page);
    if (!shown.trace().isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("view", "address", "bytes", "executed"));
      for (Counterexample.Step step : shown.trace()) {
        String address =
            step.la().isEmpty() || step.la().equals(step.gpa()) ? step.gpa() : step.la();
        rows.add(
            List.of(
                Integer.toString(step.view()),
                address,
                step.bytes(),
                step.text() + (step.effect().isEmpty() ? "" : " ; " + step.effect())));
      }
      page.table(rows, 2);
    }
  }

  private static void contents(String label, List<Counterexample.Content> contents, Page page) {
    if (!contents.isEmpty()) {
      page.line("  " + label);
      List<List<String>> rows = new ArrayList<>();
      for (Counterexample.Content content : contents) {
        rows.add(List.of("view " + content.view(), content.gpa(), grouped(content.bytes())));
      }
      page.table(rows, 4);
    }
  }

  /** Hex in groups of sixteen bytes, so that it can be wrapped. */
  private static String grouped(String hex) {
    return hex.replaceAll("(.{32})(?=.)", "$1 ");
  }

  private static List<String> registers(Map<String, String> start) {
    Map<String, String> rest = new LinkedHashMap<>(start);
    List<String> shown = new ArrayList<>();
    for (String name : REGISTER_ORDER) {
      String value = rest.remove(name);
      if (value != null) {
        shown.add(name + "=" + value);
      }
    }
    rest.forEach((name, value) -> shown.add(name + "=" + value));
    return shown;
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

  /** The lines written so far. Whatever goes in is escaped, but for our own colours. */
  private static final class Page {
    private static final int LABEL = "discharges".length();
    private static final String RESET = "\u001b[0m";
    private final StringBuilder lines = new StringBuilder();
    private final Presentation presentation;

    Page(Presentation presentation) {
      this.presentation = presentation;
    }

    void blank() {
      lines.append('\n');
    }

    void line(String text) {
      lines.append(Layout.visible(text).stripTrailing()).append('\n');
    }

    void text(int indent, String text) {
      if (text.isBlank()) {
        return;
      }
      for (String line : Layout.wrap(Layout.visible(text), presentation.width() - indent)) {
        line(" ".repeat(indent) + line);
      }
    }

    void labelled(String label, String text) {
      table(List.of(List.of(Layout.pad(label, LABEL), text)), 2);
    }

    void table(List<List<String>> rows, int indent) {
      List<List<String>> cells =
          rows.stream().map(row -> row.stream().map(Layout::visible).toList()).toList();
      for (String line : Layout.table(cells, presentation.width() - indent)) {
        line(" ".repeat(indent) + line);
      }
    }

    /** What a finding is about, on one line where that fits. */
    void heading(Verdict verdict, String what, String where) {
      int columns = Layout.columns(verdict + what + ": " + Layout.visible(where));
      if (where.isEmpty() || columns > presentation.width()) {
        verdict("", verdict, what);
        text(2, where);
      } else {
        verdict("", verdict, what + ": " + where);
      }
    }

    /** A line with a verdict in it, the only thing that is coloured. */
    void verdict(String before, Verdict verdict, String after) {
      lines.append(Layout.visible(before));
      lines.append(presentation.colour() ? colour(verdict) + verdict + RESET : verdict);
      lines.append(Layout.visible(after)).append('\n');
    }

    private static String colour(Verdict verdict) {
      return switch (verdict) {
        case PROVED -> "\u001b[1;32m";
        case REFUTED -> "\u001b[1;31m";
        case UNKNOWN -> "\u001b[1;33m";
        case WAIVED, NOT_CLAIMED -> "\u001b[1;35m";
      };
    }

    @Override
    public String toString() {
      return lines.toString();
    }
  }
}
