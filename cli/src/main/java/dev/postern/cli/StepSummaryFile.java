package dev.postern.cli;

import dev.postern.verifier.report.Run;
import dev.postern.verifier.report.StepSummary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file in which a GitHub workflow collects what a step has to show. */
final class StepSummaryFile {

  private static final String VARIABLE = "GITHUB_STEP_SUMMARY";

  private StepSummaryFile() {}

  /** Adds the run's summary, as far as GitHub takes it; nothing outside a workflow. */
  static void append(Run run) throws IOException {
    String name = System.getenv().getOrDefault(VARIABLE, "");
    if (name.isEmpty()) {
      return;
    }
    Path file = Path.of(name);
    long taken = Files.exists(file) ? Files.size(file) : 0;
    int room = (int) Math.max(0, StepSummary.LIMIT - taken);
    Files.write(
        file,
        StepSummary.of(run, room).getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
