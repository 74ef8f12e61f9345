package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.Claims;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code postern sign}. Shows what will become true, asks, and only then has the key sign. Signs
 * nothing whose digests, claims and verdict do not fit.
 */
@CommandLine.Command(
    name = "sign",
    header = "Adds a signature to a bundle, after checking and showing everything it claims.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern sign fw-to-nat.bundle --key alice.key --baseline installed.bundle",
      "  postern sign fw-to-nat.bundle --token /usr/lib/softhsm/libsofthsm2.so --slot 0",
      "  postern sign fw-to-nat.bundle --key ci.key --yes --passphrase-fd 3 3<secret",
      "  postern sign fw-to-nat.bundle --key bob.key --detached bob.p7s"
    })
final class SignCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle, which gains the signature")
  private Path bundle = Path.of("");

  @Option(
      names = "--baseline",
      paramLabel = "BUNDLE",
      description = "show what is different from this one, as installed now")
  private Optional<Path> baseline = Optional.empty();

  @Option(
      names = "--detached",
      paramLabel = "FILE",
      description = "write the signature here, for bundle attach, and leave the bundle alone")
  private Optional<Path> detached = Optional.empty();

  @Mixin private SigningKey key = new SigningKey();
  @Mixin private Confirmation confirmation = new Confirmation();

  SignCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    OutputFiles.requireDirectory(detached.orElse(bundle));
    byte[] archive = BundleFiles.read(bundle);
    Claims.Consistent claims = BundleFiles.claims(archive, terminal);
    Optional<Claims.Consistent> before =
        baseline.isPresent()
            ? Optional.of(BundleFiles.claims(BundleFiles.read(baseline.get()), terminal))
            : Optional.empty();
    terminal.print(Screen.of(claims, before));
    boolean unattended = confirmation.unattended(claims.id(), terminal);
    try {
      OperatorKey signer = key.open(terminal);
      Bundle signed = Bundle.read(archive);
      Bytes signature = Bundles.signature(signed, signer, unattended);
      if (detached.isPresent()) {
        OutputFiles.write(detached.get(), signature.toArray());
      } else {
        OutputFiles.write(bundle, signed.withSignature(signer.keyId(), signature).bytes());
      }
      terminal.line("signed by " + signer.keyId() + (unattended ? ", unattended" : ""));
      return ExitStatus.OK;
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    } catch (ArchiveException e) {
      throw Failure.badInput(bundle + ": not a bundle: " + e.getMessage());
    }
  }
}
