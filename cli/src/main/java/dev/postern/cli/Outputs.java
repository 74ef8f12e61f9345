package dev.postern.cli;

import dev.postern.verifier.report.ReportFormat;
import dev.postern.verifier.report.ReportFormats;
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
 * Where reports go, in which format. Without {@code --out} one format goes to standard output; with
 * it each {@code --format} goes to its {@code --out}, and standard output gets the text report.
 */
final class Outputs {

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      completionCandidates = FormatNames.class,
      description =
          "${COMPLETION-CANDIDATES}; text unless given. May be repeated, in pairs with --out")
  private List<String> formats = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "write the report here, replacing it at once or not at all")
  private List<Path> files = List.of();

  /** The format for standard output, and the files, resolved and checked. */
  record Plan(ReportFormat console, Map<Path, ReportFormat> files) {}

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
    return new Plan(ReportFormats.TEXT, pairs);
  }

  private static ReportFormat format(String id) throws Failure {
    Optional<ReportFormat> format = ReportFormats.byId(id);
    if (format.isEmpty()) {
      throw Failure.badInput(
          "no report format '" + id + "'; hint: one of " + String.join(", ", new FormatNames()));
    }
    return format.get();
  }

  static void write(Map<Path, StringBuilder> reports) throws IOException {
    for (Map.Entry<Path, StringBuilder> report : reports.entrySet()) {
      OutputFiles.write(
          report.getKey(), report.getValue().toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
