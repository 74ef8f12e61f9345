package dev.postern.verifier.report;

import java.util.List;
import java.util.Optional;

/** The report formats there are. */
public final class ReportFormats {

  /** What a person gets who asks for nothing else. */
  public static final ReportFormat TEXT = new TextReport();

  /** What comes with a {@link StepSummary}. */
  public static final ReportFormat GITHUB = new GithubReport();

  public static final List<ReportFormat> ALL =
      List.of(TEXT, new JsonReport(), new SarifReport(), new JunitReport(), GITHUB);

  private ReportFormats() {}

  public static Optional<ReportFormat> byId(String id) {
    return ALL.stream().filter(format -> format.id().equals(id)).findFirst();
  }
}
