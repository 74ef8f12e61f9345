package dev.postern.cli;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.verifier.Options;
import dev.postern.verifier.evidence.Audit;
import dev.postern.verifier.evidence.Auditor;
import dev.postern.verifier.report.html.HtmlReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern report}. */
@CommandLine.Command(
    name = "report",
    header = "Writes a bundle's report as one page for people.",
    description =
        "Checks the evidence on the way, as postern audit does, and says what it came to.%n",
    footerHeading = "%nExamples:%n",
    footer = {"  postern report fw-to-nat.bundle --html fw-to-nat.html"})
final class ReportCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path file = Path.of("");

  @Option(names = "--html", required = true, paramLabel = "FILE", description = "the page")
  private Path target = Path.of("");

  ReportCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    OutputFiles.requireDirectory(target);
    String page;
    try {
      Bundle bundle = Bundle.read(BundleFiles.read(file));
      Policy policy = PolicyJson.readCanonical(member(bundle, Bundle.POLICY).toArray());
      Json json = JsonReader.parse(member(bundle, Bundle.REPORT).toArray(), JsonLimits.DEFAULT);
      Report report = ReportJson.read(json).report();
      SortedMap<String, Bytes> evidence = EvidenceFiles.of(bundle);
      Map<String, Integer> sizes = new TreeMap<>();
      evidence.forEach((name, content) -> sizes.put(name, content.size()));
      Audit audit;
      try (Progress _ = Progress.of("auditing " + policy.name(), out)) {
        audit = Auditor.audit(policy, report, evidence, Options.DEFAULT);
      }
      page = HtmlReport.page(policy, report, sizes, audit);
    } catch (ArchiveException | JsonException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
    OutputFiles.write(target, page.getBytes(StandardCharsets.UTF_8));
    out.line("wrote " + target);
    return ExitStatus.OK;
  }

  private Bytes member(Bundle bundle, String name) throws Failure {
    return bundle
        .member(name)
        .orElseThrow(() -> Failure.badInput(file + ": not a bundle: no " + name));
  }
}
