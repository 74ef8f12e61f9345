package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.report.Excerpts;
import dev.postern.verifier.report.Presentation;
import dev.postern.verifier.report.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern verify}. */
@CommandLine.Command(
    name = "verify",
    header = "Proves or refutes every obligation of every rule.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern verify examples/vhost-tx/fw-to-nat.postern",
      "  postern verify policies/ --format json --out report.json",
      "  postern verify policies/ --format sarif --out postern.sarif --format github",
      "  postern verify my.postern --rule landing-safe --timeout 30s"
    })
final class VerifyCommand extends Command {

  @Parameters(
      arity = "1..*",
      paramLabel = "POLICY",
      description = "a policy, or a directory of them")
  private List<Path> policies;

  @Mixin private Outputs outputs = new Outputs();

  @Mixin private VerifyOptions how = new VerifyOptions();

  @Option(
      names = "--evidence",
      paramLabel = "DIR",
      description = "write each SMT-LIB script here, named by the SHA-256 that the report gives")
  private Optional<Path> evidence = Optional.empty();

  VerifyCommand(Terminal terminal) {
    this(terminal, List.of());
  }

  VerifyCommand(Terminal terminal, List<Path> policies) {
    super(terminal);
    this.policies = policies;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    Outputs.Plan plan = outputs.plan();
    Options options = how.options();
    List<Run.Answer> answers = new ArrayList<>();
    List<Run.Refused> refused = new ArrayList<>();
    ExitStatus worst = ExitStatus.OK;
    for (Path file : PolicyFiles.named(policies)) {
      Compilation compilation = Compiled.read(file, out);
      if (compilation.policy().isEmpty()) {
        refused.addAll(refusals(compilation));
        worst = worst.worst(ExitStatus.BAD_INPUT);
        continue;
      }
      Policy policy = compilation.policy().get();
      Verifier.Verified verified = VerifyOptions.verify(policy, options, out);
      Report report = verified.report();
      if (evidence.isPresent()) {
        EvidenceFiles.write(evidence.get(), verified.scripts());
      }
      Presentation presentation = Presentation.plain(Excerpts.of(compilation.texts()));
      answers.add(new Run.Answer(report, policy, presentation));
      if (plan.console().streams()) {
        out.print(
            plan.console()
                .render(new Run.Answer(report, policy, presentation.coloured(out.colour()))));
      }
      worst = worst.worst(status(report));
    }
    Run run = new Run(answers, refused);
    if (!plan.console().streams()) {
      out.print(plan.console().render(run));
    }
    plan.write(run);
    return worst;
  }

  private static List<Run.Refused> refusals(Compilation compilation) {
    return compilation.diagnostics().stream()
        .filter(diagnostic -> diagnostic.severity() == Diagnostic.Severity.ERROR)
        .map(error -> new Run.Refused(error.at(), error.message() + " [" + error.code().id() + "]"))
        .toList();
  }

  static ExitStatus status(Report report) {
    return switch (report.outcome()) {
      case PROVED -> ExitStatus.OK;
      case REFUTED -> ExitStatus.REFUTED;
      case UNKNOWN -> ExitStatus.UNKNOWN;
      case WAIVED, NOT_CLAIMED ->
          throw new IllegalStateException("an outcome cannot be " + report.outcome());
    };
  }
}
