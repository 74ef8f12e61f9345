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
import dev.postern.verifier.report.html.HtmlReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern report}. */
@CommandLine.Command(
    name = "report",
    header = "Writes a bundle's report as one page for people.",
    description = "Shows what the bundle says; whether it is true, postern audit says.%n",
    footerHeading = "%nExamples:%n",
    footer = {"  postern report fw-to-nat.bundle --html fw-to-nat.html"})
final class ReportCommand extends Command {

  private static final String EVIDENCE = "evidence/";

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
      page = HtmlReport.page(policy, report, sizes(bundle));
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

  private static Map<String, Integer> sizes(Bundle bundle) {
    Map<String, Integer> sizes = new TreeMap<>();
    bundle
        .members()
        .forEach((name, content) -> {
          if (name.startsWith(EVIDENCE) && !name.equals(Bundle.REPORT)) {
            sizes.put(name.substring(EVIDENCE.length()), content.size());
          }
        });
    return sizes;
  }
}
