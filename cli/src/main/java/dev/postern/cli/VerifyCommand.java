package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
      "  postern verify my.postern --rule landing-safe --timeout 30s"
    })
final class VerifyCommand extends Command {

  @Parameters(
      arity = "1..*",
      paramLabel = "POLICY",
      description = "a policy, or a directory of them")
  private List<Path> policies = List.of();

  @Mixin private Outputs outputs = new Outputs();

  @Option(
      names = "--rule",
      paramLabel = "ID",
      split = ",",
      description = "only this rule; may be repeated. The report says that it is partial")
  private List<String> rules = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "for one obligation, like 500ms, 30s or 2m; what takes longer is unknown")
  private Optional<Duration> timeout = Optional.empty();

  @Option(names = "--jobs", paramLabel = "N", description = "obligations worked on at a time")
  private Optional<Integer> jobs = Optional.empty();

  @Option(
      names = "--evidence",
      paramLabel = "DIR",
      description = "write each obligation's SMT-LIB script here")
  private Optional<Path> evidence = Optional.empty();

  VerifyCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    outputs.plan();
    List<Path> files = PolicyFiles.named(policies);
    throw Failure.notAvailable("verifying " + files.getFirst());
  }
}
