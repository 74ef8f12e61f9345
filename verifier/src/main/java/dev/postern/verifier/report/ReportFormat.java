package dev.postern.verifier.report;

import dev.postern.model.Policy;
import dev.postern.model.report.Report;

/** One way to write a report. To add one: a class, and a line in {@link ReportFormats#ALL}. */
public interface ReportFormat {

  /** The word for {@code --format}. */
  String id();

  /** What it is for, in a few words, for {@code --help}. */
  String summary();

  /** The report of {@code policy} as text that ends in a newline. */
  String render(Report report, Policy policy, Presentation presentation);
}
