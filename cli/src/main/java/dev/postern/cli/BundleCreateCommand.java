package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.Waiver;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.BundleRequest;
import dev.postern.signer.bundle.BundleResult;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.file.AtomicFile;
import dev.postern.signer.statement.Terms;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.evidence.EvidenceCache;
import dev.postern.verifier.evidence.EvidenceMaker;
import dev.postern.verifier.report.Excerpts;
import dev.postern.verifier.report.Layout;
import dev.postern.verifier.report.Presentation;
import dev.postern.verifier.report.ReportFormats;
import dev.postern.verifier.report.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle create}. Verifies in this process: no report from outside is believed. */
@CommandLine.Command(
    name = "create",
    header = "Verifies a policy and, if it is proved, writes all of it as one unsigned bundle.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern bundle create examples/vhost-tx/fw-to-nat.postern --out fw-to-nat.bundle",
      "  postern bundle create my.postern --out my.bundle --expires 2026-12-31T00:00:00Z",
      "  postern bundle create my.postern --rule landing-safe --out partial.bundle"
    })
final class BundleCreateCommand extends Command {

  @Parameters(paramLabel = "POLICY", description = "the policy")
  private Path file = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "the bundle")
  private Path target = Path.of("");

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description = "the trust.json that says which waivers a bundle may have; none without it")
  private Optional<Path> trusted = Optional.empty();

  @Option(
      names = "--evidence",
      paramLabel = "DIR",
      description =
          "write the evidence that goes into the bundle here as well, and use what is here after"
              + " checking it")
  private Optional<Path> evidence = Optional.empty();

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "keep evidence here, and use what is here after checking it")
  private Optional<Path> cache = Optional.empty();

  @Mixin private BundleTerms terms = new BundleTerms();
  @Mixin private VerifyOptions how = new VerifyOptions();

  BundleCreateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    OutputFiles.requireDirectory(target);
    Options options = how.options();
    Terms asked = terms.terms(out);
    Set<String> waivable =
        trusted.isPresent() ? TrustSource.read(trusted.get()).waivers() : Set.of();
    Path name = file.normalize().getFileName();
    RecordingReader reader = new RecordingReader(AtomicFile.directoryOf(file));
    Compilation compilation = PolicyCompiler.compile(name, reader);
    out.diagnostics(DiagnosticText.of(compilation));
    if (compilation.policy().isEmpty()) {
      return ExitStatus.BAD_INPUT;
    }
    Policy policy = compilation.policy().get();
    Verifier.Verified verified = VerifyOptions.verify(policy, options, out);
    Report report = verified.report();
    if (report.outcome() != Verdict.PROVED) {
      out.print(
          ReportFormats.TEXT.render(
              new Run.Answer(
                  report, policy, Presentation.plain(Excerpts.of(compilation.texts())))));
      out.error("no bundle of what is " + report.outcome() + "; nothing was written");
      return VerifyCommand.status(report);
    }
    for (Waiver waiver : policy.waivers()) {
      if (!waivable.contains(waiver.rule())) {
        throw new Failure(
            ExitStatus.REFUTED,
            "no bundle of what is waived without leave: "
                + waiver.rule()
                + (trusted.isPresent() ? "" : "; hint: --trust names who may allow it"));
      }
    }
    EvidenceMaker.Made made = EvidenceMaker.make(policy, verified, known());
    SortedMap<String, Bytes> members = new TreeMap<>(made.files());
    members.putAll(EvidenceFiles.members(verified.scripts()));
    Bundle bundle = bundle(policy, verified, name.toString(), reader, members, asked);
    if (evidence.isPresent()) {
      EvidenceFiles.write(evidence.get(), bundle);
    }
    OutputFiles.write(target, bundle.bytes());
    StringBuilder waived = new StringBuilder();
    out.line("bundle " + bundle.id());
    out.line(
        policy.name()
            + " version "
            + policy.version()
            + ": proved"
            + (report.partial() ? ", partial: " + report.missing().size() + " rules not run" : ""));
    policy.waivers().stream()
        .map(waiver -> "waived " + waiver.rule() + ": " + Layout.visible(waiver.reason()) + "\n")
        .forEach(waived::append);
    out.print(waived.toString());
    made.missing()
        .forEach(file -> out.error("no evidence was found for " + file + "; audit will say so"));
    if (made.reused() > 0) {
      out.line(made.reused() + " pieces of evidence found before, checked");
    }
    out.line("wrote " + target + ", unsigned");
    return ExitStatus.OK;
  }

  /** Evidence of earlier runs; what both have is the same, or is not evidence. */
  private EvidenceCache known() throws IOException {
    EvidenceCache kept = cache.isPresent() ? CacheDirectory.cache(cache.get()) : EvidenceCache.NONE;
    if (evidence.isEmpty()) {
      return kept;
    }
    EvidenceCache here = CacheDirectory.evidence(evidence.get());
    return new EvidenceCache() {
      @Override
      public Optional<Bytes> get(String file) {
        return here.get(file).or(() -> kept.get(file));
      }

      @Override
      public void put(String file, Bytes found) {
        kept.put(file, found);
      }
    };
  }

  private static Bundle bundle(
      Policy policy,
      Verifier.Verified verified,
      String name,
      RecordingReader reader,
      SortedMap<String, Bytes> evidence,
      Terms terms)
      throws Failure {
    InstallPlan plan =
        switch (Planner.plan(policy)) {
          case PlanResult.Planned(InstallPlan planned) -> planned;
          case PlanResult.Refused(List<String> reasons) ->
              throw new Failure(
                  ExitStatus.REFUTED, "cannot be installed: " + String.join("; ", reasons));
        };
    BundleRequest request =
        new BundleRequest(
            policy,
            verified.report(),
            reader.content(name),
            reader.beside(name),
            Bytes.of(plan.canonical()),
            evidence,
            Version.TOOL,
            terms);
    return switch (Bundles.create(request)) {
      case BundleResult.Created(Bundle created) -> created;
      case BundleResult.Refused(String reason) -> throw new Failure(ExitStatus.REFUTED, reason);
    };
  }
}
