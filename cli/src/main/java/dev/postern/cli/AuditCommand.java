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
import dev.postern.peer.Peers;
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
import dev.postern.verifier.evidence.DeepAudit;
import dev.postern.verifier.evidence.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern audit}. */
@CommandLine.Command(
    name = "audit",
    header = "Derives every obligation of a bundle anew and checks the evidence for each.",
    description =
        "No solver is asked, but with --deep, and then two that took no part in the proof: cvc5 and"
            + " Bitwuzla. Without --trust nothing is said about who vouches for the bundle.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern audit fw-to-nat.bundle",
      "  postern audit fw-to-nat.bundle --trust alice.key.crt",
      "  postern audit fw-to-nat.bundle --deep --proofs proofs"
    })
final class AuditCommand extends Command {

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

  @Option(
      names = "--deep",
      description = "ask cvc5 and Bitwuzla too; what they do not answer is unknown")
  private boolean deep;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "with --deep: what a solver may take for one question; 2m without")
  private Duration timeout = Duration.ofMinutes(2);

  @Option(
      names = "--proofs",
      paramLabel = "DIR",
      description = "with --deep: write cvc5's proofs there, for ethos, with what they prove")
  private Optional<Path> proofs = Optional.empty();

  private final Supplier<List<Peer>> peers;

  AuditCommand(Terminal terminal) {
    this(terminal, () -> Peers.ALL);
  }

  /**
   * Where others are asked than {@link Peers#ALL}.
   *
   * @param peers whom --deep asks; nobody's classes are loaded before
   */
  AuditCommand(Terminal terminal, Supplier<List<Peer>> peers) {
    super(terminal);
    this.peers = peers;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    if (proofs.isPresent() && !deep) {
      throw Failure.badInput("--proofs needs --deep: the solvers asked there make them");
    }
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
      audit = Auditor.audit(policy, report, EvidenceFiles.of(bundle), Options.DEFAULT);
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
    if (deep && !unanimous(audit, policy, out)) {
      return ExitStatus.UNKNOWN;
    }
    if (report.partial()) {
      out.line("partial: " + report.missing().size() + " rules were not run");
      return ExitStatus.UNKNOWN;
    }
    out.line(trusted.isEmpty() ? "stands; signatures were not checked" : "stands");
    return ExitStatus.OK;
  }

  /**
   * Whether everyone agrees with the audit.
   *
   * @throws Failure with the status of a bug if anyone disagrees
   */
  private boolean unanimous(Audit audit, Policy policy, Terminal out) throws Failure, IOException {
    DeepAudit.Result asked;
    try (Progress _ = Progress.of("asking others about " + policy.name(), out)) {
      asked = DeepAudit.ask(audit.claims(), peers.get(), timeout, proofs.map(AuditCommand::keeper));
    }
    for (DeepAudit.Said said : asked.said()) {
      out.line(
          "%s %s agrees on %d questions"
                  .formatted(said.peer().name(), said.peer().version(), said.agreed())
              + (said.proofs() > 0 ? ", with " + said.proofs() + " proofs" : ""));
      said.abstained().forEach(why -> out.error(said.peer().name() + " does not answer " + why));
    }
    if (!asked.disagreements().isEmpty()) {
      List<String> saved = new ArrayList<>();
      for (DeepAudit.Disagreement disagreement : asked.disagreements()) {
        saved.add(CrashReport.write(disagreement));
      }
      throw new Failure(
          ExitStatus.BUG,
          "%s has a model for what was refuted: one of us is wrong; please report %s"
              .formatted(asked.disagreements().getFirst().peer(), String.join(", ", saved)));
    }
    if (!asked.unanimous()) {
      out.line("unknown: stands, but not everyone answers");
    }
    return asked.unanimous();
  }

  private static DeepAudit.Keeper keeper(Path directory) {
    return (name, content) -> {
      Files.createDirectories(directory);
      OutputFiles.write(directory.resolve(name), content.getBytes(StandardCharsets.UTF_8));
    };
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
