package dev.postern.verifier.report;

import dev.postern.model.Location;
import dev.postern.model.Policy;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Everything one command answered: what a format renders as one document.
 *
 * @param refused what kept a policy from being read. A document that lists only answers would look
 *     clean when there are none
 */
public record Run(List<Answer> answers, List<Refused> refused) {

  /** One policy's answer, and how it is looked at. */
  public record Answer(Report report, Policy policy, Presentation presentation) {

    /** Where a finding is shown: its own place, or that of the policy. */
    Location place(Finding finding) {
      return finding.location().orElse(policy.at());
    }

    String title() {
      return report.name() + " version " + report.version();
    }

    long count(Verdict verdict) {
      return report.findings().stream().filter(f -> f.verdict() == verdict).count();
    }

    /** What the report does not speak of, a sentence each. */
    List<String> silent() {
      List<String> silent = new ArrayList<>();
      for (Report.ViewVerdict view : report.views()) {
        if (view.mediation() == Verdict.NOT_CLAIMED) {
          silent.add("mediation of view " + view.name() + " is not claimed");
        }
      }
      report.missing().forEach(rule -> silent.add("rule " + rule + " was not run"));
      return silent;
    }
  }

  /** Why a policy could not be read. */
  public record Refused(Location at, String message) {}

  /** A finding with the answer it is of. */
  record Shown(Answer answer, Finding finding) {

    Location place() {
      return answer.place(finding);
    }

    /** Verdict and rule. */
    String title() {
      String verdict = finding.verdict().toString();
      return verdict.substring(0, 1).toUpperCase(Locale.ROOT)
          + verdict.substring(1)
          + " "
          + finding.rule();
    }

    /** One line: what it is about, what was found, why there is no answer or none is wanted. */
    String sentence() {
      String about = about(finding);
      return (about.isEmpty() ? "" : about + ": ")
          + finding.message()
          + finding.reason().map(reason -> "; because " + reason).orElse("");
    }
  }

  public Run {
    answers = List.copyOf(answers);
    refused = List.copyOf(refused);
  }

  static Run of(Answer answer) {
    return new Run(List.of(answer), List.of());
  }

  /** The findings of one verdict, over all policies. */
  List<Shown> shown(Verdict verdict) {
    return answers.stream()
        .flatMap(answer -> answer.report().findings().stream().map(f -> new Shown(answer, f)))
        .filter(shown -> shown.finding().verdict() == verdict)
        .toList();
  }

  /** Subject and view of a finding, as far as it names them. */
  static String about(Finding finding) {
    return finding.subject()
        + (finding.view().isEmpty() || finding.subject().isEmpty() ? "" : " in ")
        + (finding.view().isEmpty() ? "" : "view " + finding.view());
  }
}
