package dev.postern.cli;

import dev.postern.verifier.report.ReportFormat;
import dev.postern.verifier.report.ReportFormats;
import dev.postern.verifier.report.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Where reports go, in which format. Each {@code --format} goes to its {@code --out}; one more of
 * them goes to standard output, which gets the text report otherwise.
 */
final class Outputs {

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      completionCandidates = FormatNames.class,
      description =
          "${COMPLETION-CANDIDATES}; text unless given. May be repeated, each with an --out;"
              + " a last one without it is for standard output")
  private List<String> formats = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "write the report here, replacing it at once or not at all")
  private List<Path> files = List.of();

  /** The format for standard output, and the files, resolved and checked. */
  record Plan(ReportFormat console, Map<Path, ReportFormat> files) {

    /** Writes every file, and the step's summary where GitHub's format is asked for. */
    void write(Run run) throws IOException {
      for (Map.Entry<Path, ReportFormat> file : files.entrySet()) {
        String report = file.getValue().render(run);
        OutputFiles.write(file.getKey(), report.getBytes(StandardCharsets.UTF_8));
      }
      if (console.equals(ReportFormats.GITHUB) || files.containsValue(ReportFormats.GITHUB)) {
        StepSummaryFile.append(run);
      }
    }
  }

  /** The words {@code --format} takes. */
  static final class FormatNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    FormatNames() {
      super(ReportFormats.ALL.stream().map(ReportFormat::id).toList());
    }
  }

  Plan plan() throws Failure {
    List<ReportFormat> known = new ArrayList<>();
    for (String id : formats) {
      known.add(format(id));
    }
    if (files.isEmpty()) {
      if (known.size() > 1) {
        throw Failure.badInput("several formats need an --out each");
      }
      return new Plan(known.isEmpty() ? ReportFormats.TEXT : known.getFirst(), Map.of());
    }
    if (known.isEmpty()) {
      known.add(ReportFormats.TEXT);
    }
    ReportFormat console =
        known.size() == files.size() + 1 ? known.removeLast() : ReportFormats.TEXT;
    if (known.size() != files.size()) {
      throw Failure.badInput(
          "--format and --out come in pairs: " + known.size() + " and " + files.size());
    }
    Map<Path, ReportFormat> pairs = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      OutputFiles.requireDirectory(files.get(i));
      if (pairs.put(files.get(i), known.get(i)) != null) {
        throw Failure.badInput("two reports for " + files.get(i));
      }
    }
    return new Plan(console, pairs);
  }

  private static ReportFormat format(String id) throws Failure {
    Optional<ReportFormat> format = ReportFormats.byId(id);
    if (format.isEmpty()) {
      throw Failure.badInput(
          "no report format '" + id + "'; hint: one of " + String.join(", ", new FormatNames()));
    }
    return format.get();
  }
}
