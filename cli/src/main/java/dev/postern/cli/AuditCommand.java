package dev.postern.cli;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Refusal;
import dev.postern.verifier.Options;
import dev.postern.verifier.evidence.Audit;
import dev.postern.verifier.evidence.Auditor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern audit}. */
@CommandLine.Command(
    name = "audit",
    header = "Derives every obligation of a bundle anew and checks the evidence for each.",
    description =
        "No solver is asked. Without --trust nothing is said about who vouches for the bundle.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern audit fw-to-nat.bundle",
      "  postern audit fw-to-nat.bundle --trust alice.key.crt"
    })
final class AuditCommand extends Command {

  private static final String EVIDENCE = "evidence/";

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path file = Path.of("");

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description =
          "check signatures too, against this trust.json, or certificates and public keys;"
              + " repeatable")
  private List<Path> trusted = List.of();

  @Option(
      names = "--assume-time",
      paramLabel = "TIME",
      description = "check signatures as of this moment, such as 2026-01-31T12:00:00Z; now without")
  private Optional<String> moment = Optional.empty();

  AuditCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    byte[] archive = BundleFiles.read(file);
    if (!trusted.isEmpty()) {
      Occasion occasion = Occasion.at(Moments.now(moment));
      switch (BundleChecker.check(archive, TrustSource.read(trusted), occasion)) {
        case Check.Trusted(CheckedBundle checked) -> out.print(SignerText.of(checked.signers()));
        case Check.Refused(List<Refusal> refusals) -> throw BundleFiles.notTrusted(refusals, out);
      }
    }
    Bundle bundle = read(archive);
    Policy policy;
    Report report;
    try {
      policy = PolicyJson.readCanonical(member(bundle, Bundle.POLICY).toArray());
      Json json = JsonReader.parse(member(bundle, Bundle.REPORT).toArray(), JsonLimits.DEFAULT);
      report = ReportJson.read(json).report();
    } catch (JsonException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
    Audit audit;
    try (Progress _ = Progress.of("auditing " + policy.name(), out)) {
      audit = Auditor.audit(policy, report, evidence(bundle), Options.DEFAULT);
    }
    List<String> objections = new ArrayList<>(pages(bundle, policy));
    audit.objections().forEach(objection -> objections.add(objection.toString()));
    for (String line : rules(audit)) {
      out.line(line);
    }
    objections.forEach(out::error);
    out.line(total(policy, audit));
    if (!objections.isEmpty()) {
      boolean unknown = audit.unknown() && objections.size() == audit.objections().size();
      out.line("does not stand: " + objections.size() + " objections, named above");
      return unknown ? ExitStatus.UNKNOWN : ExitStatus.REFUTED;
    }
    if (report.partial()) {
      out.line("partial: " + report.missing().size() + " rules were not run");
      return ExitStatus.UNKNOWN;
    }
    out.line(trusted.isEmpty() ? "stands; signatures were not checked" : "stands");
    return ExitStatus.OK;
  }

  private Bundle read(byte[] archive) throws Failure {
    try {
      return Bundle.read(archive);
    } catch (ArchiveException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
  }

  private Bytes member(Bundle bundle, String name) throws Failure {
    return bundle
        .member(name)
        .orElseThrow(() -> Failure.badInput(file + ": not a bundle: no " + name));
  }

  /** Everything under evidence/ but the report. */
  private static SortedMap<String, Bytes> evidence(Bundle bundle) {
    SortedMap<String, Bytes> evidence = new TreeMap<>();
    bundle
        .members()
        .forEach((name, content) -> {
          if (name.startsWith(EVIDENCE) && !name.equals(Bundle.REPORT)) {
            evidence.put(name.substring(EVIDENCE.length()), content);
          }
        });
    return evidence;
  }

  /** What will be installed is what was proved. */
  private static List<String> pages(Bundle bundle, Policy policy) {
    List<String> objections = new ArrayList<>();
    if (!bundle.code().equals(Bundle.code(policy))) {
      objections.add("payload/code: the code pages are not those of the policy [CODE_DIFFERS]");
    }
    Bytes plan = bundle.member(Bundle.PLAN).orElse(Bytes.of());
    if (!(Planner.plan(policy) instanceof PlanResult.Planned(var planned))
        || !Bytes.of(planned.canonical()).equals(plan)) {
      objections.add(Bundle.PLAN + ": is not the plan of the policy [PLAN_DIFFERS]");
    }
    return objections;
  }

  private static List<String> rules(Audit audit) {
    Map<String, List<Finding>> byRule =
        audit.derived().findings().stream()
            .collect(
                Collectors.groupingBy(
                    Finding::rule, java.util.LinkedHashMap::new, Collectors.toList()));
    List<String> lines = new ArrayList<>();
    byRule.forEach((rule, findings) -> {
      Map<String, Long> verdicts =
          findings.stream()
              .collect(
                  Collectors.groupingBy(
                      f -> f.verdict().toString(), TreeMap::new, Collectors.counting()));
      String said =
          verdicts.entrySet().stream()
              .map(e -> e.getValue() + " " + e.getKey())
              .collect(Collectors.joining(", "));
      String by =
          findings.stream()
              .map(AuditCommand::by)
              .distinct()
              .sorted()
              .collect(Collectors.joining(", "));
      lines.add("%-28s %-24s %s".formatted(rule, said, by));
    });
    return lines;
  }

  private static String by(Finding finding) {
    return finding
        .evidence()
        .map(e -> e.smt2().isPresent() ? "proof" : e.witness().isPresent() ? "witness" : e.method())
        .orElse("derived");
  }

  private static String total(Policy policy, Audit audit) {
    return "%s version %d: %d obligations; %d proofs, %d witnesses, %d listings; %d bytes of evidence"
        .formatted(
            policy.name(),
            policy.version(),
            audit.derived().findings().size(),
            audit.proofs(),
            audit.witnesses(),
            audit.listings(),
            audit.evidenceBytes());
  }
}
