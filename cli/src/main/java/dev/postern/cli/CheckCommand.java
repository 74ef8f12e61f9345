package dev.postern.cli;

import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern check}. */
@CommandLine.Command(
    name = "check",
    header = "Reads and resolves policies; shows every diagnostic with its place.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern check examples/vhost-tx/fw-to-nat.postern", "  postern check policies/"})
final class CheckCommand extends Command {

  @Parameters(
      arity = "1..*",
      paramLabel = "POLICY",
      description = "a policy, or a directory of them")
  private List<Path> policies;

  CheckCommand(Terminal terminal) {
    this(terminal, List.of());
  }

  CheckCommand(Terminal terminal, List<Path> policies) {
    super(terminal);
    this.policies = policies;
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    ExitStatus worst = ExitStatus.OK;
    for (Path file : PolicyFiles.named(policies)) {
      Optional<Policy> policy = Compiled.read(file, out).policy();
      worst = worst.worst(policy.isPresent() ? ExitStatus.OK : ExitStatus.BAD_INPUT);
      if (policy.isPresent()) {
        out.line(summary(policy.get()));
      }
    }
    return worst;
  }

  private static String summary(Policy policy) {
    return policy.name()
        + " version "
        + policy.version()
        + ": "
        + policy.views().size()
        + " views, "
        + policy.gates().size()
        + " gates, sha256 "
        + PolicyJson.sha256(policy);
  }
}
