package dev.postern.cli;

import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Signer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle check}. */
@CommandLine.Command(
    name = "check",
    header = "Checks every digest, claim and signature of a bundle; shows every reason against.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern bundle check fw-to-nat.bundle --trust alice.key.crt"})
final class BundleCheckCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(
      names = "--trust",
      required = true,
      paramLabel = "CERT",
      description = "a certificate or public key in PEM that is trusted to sign; repeatable")
  private List<Path> trusted = List.of();

  BundleCheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    CheckedBundle checked =
        BundleFiles.trusted(BundleFiles.read(bundle), BundleFiles.pinned(trusted), terminal);
    terminal.print(BundleText.of(checked));
    for (Signer signer : checked.signers()) {
      terminal.line("signed by " + signer.keyId());
    }
    return ExitStatus.OK;
  }
}
