package dev.postern.cli;

import dev.postern.json.JsonWriter;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Claims;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.check.Standing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle check}. */
@CommandLine.Command(
    name = "check",
    header = "Checks every digest, claim and signature of a bundle; shows every reason against.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern bundle check fw-to-nat.bundle --trust trust.json",
      "  postern bundle check fw-to-nat.bundle --trust alice.key.crt --json"
    })
final class BundleCheckCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(
      names = "--trust",
      required = true,
      paramLabel = "FILE",
      description =
          "trust.json; or certificates and public keys in PEM, any of which is enough; repeatable")
  private List<Path> trusted = List.of();

  @Option(
      names = "--policy-set",
      paramLabel = "NAME",
      description = "refuse a bundle of another policy set")
  private Optional<String> policySet = Optional.empty();

  @Option(
      names = "--newer-than",
      paramLabel = "BUNDLE",
      description = "refuse a bundle that is not newer than this one")
  private Optional<Path> installed = Optional.empty();

  @Option(
      names = "--assume-time",
      paramLabel = "MOMENT",
      description = "for audits: check as of 2026-01-31T00:00:00Z and not of now")
  private Optional<String> moment = Optional.empty();

  @Option(names = "--json", description = "answer as JSON, postern.check/1")
  private boolean json;

  BundleCheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    Occasion occasion = Occasion.at(Moments.now(moment));
    if (policySet.isPresent()) {
      occasion = occasion.forPolicySet(policySet.get());
    }
    if (installed.isPresent()) {
      Claims.Consistent there = BundleFiles.claims(BundleFiles.read(installed.get()), terminal);
      String set = there.policy().name();
      occasion = occasion.after(set, new Standing(there.policy().version(), there.id()));
      if (policySet.isEmpty()) {
        occasion = occasion.forPolicySet(set);
      }
    }
    Check check =
        BundleChecker.check(BundleFiles.read(bundle), TrustSource.read(trusted), occasion);
    if (json) {
      terminal.print(JsonWriter.pretty(CheckJson.of(check)));
    }
    return switch (check) {
      case Check.Trusted(CheckedBundle checked) -> {
        if (!json) {
          terminal.print(Screen.of(checked.claims(), Optional.empty()));
          terminal.print(SignerText.of(checked.signers()));
        }
        yield ExitStatus.OK;
      }
      case Check.Refused(List<Refusal> refusals) ->
          throw BundleFiles.notTrusted(refusals, terminal);
    };
  }
}
