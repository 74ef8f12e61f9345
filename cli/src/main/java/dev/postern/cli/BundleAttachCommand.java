package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.cms.CmsException;
import dev.postern.signer.cms.CmsVerifier;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.key.PinnedKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle attach}. */
@CommandLine.Command(
    name = "attach",
    header = "Puts a signature that was made elsewhere into a bundle, if it verifies.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern bundle attach fw-to-nat.bundle --signer bob.crt bob.p7s",
      "  postern bundle attach fw-to-nat.bundle --signer bob.crt bob.sig"
    })
final class BundleAttachCommand extends Command {

  private static final int SIGNATURE_BYTES = 32 << 10;
  private static final int CERTIFICATE_BYTES = 1 << 20;

  @Parameters(index = "0", paramLabel = "BUNDLE", description = "the bundle, which gains it")
  private Path file = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "SIGNATURE",
      description = "a detached CMS message in DER, or a raw signature over what bundle tbs wrote")
  private Path signature = Path.of("");

  @Option(
      names = "--signer",
      required = true,
      paramLabel = "CERT",
      description = "certificate or public key in PEM of who signed")
  private Path certificate = Path.of("");

  BundleAttachCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    byte[] archive = BundleFiles.read(file);
    BundleFiles.claims(archive, terminal);
    PinnedKey key = key();
    byte[] given = BundleFiles.bounded(signature, SIGNATURE_BYTES);
    try {
      Bundle bundle = Bundle.read(archive);
      byte[] manifest = bundle.member(Bundle.MANIFEST).map(Bytes::toArray).orElseThrow();
      Bytes message = message(bundle, manifest, given, key);
      OutputFiles.write(file, bundle.withSignature(key.keyId(), message).bytes());
    } catch (ArchiveException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
    terminal.line("attached the signature of " + key.keyId());
    return ExitStatus.OK;
  }

  /** As it is, if it is a message of the profile; else as a raw signature; else refused. */
  private Bytes message(Bundle bundle, byte[] manifest, byte[] given, PinnedKey key)
      throws Failure, ArchiveException {
    String asMessage;
    try {
      CmsVerifier.verify(given, manifest, ContentType.MANIFEST, key);
      return Bytes.of(given);
    } catch (CmsException e) {
      asMessage = String.valueOf(e.getMessage());
    }
    Bytes around = Bundles.signature(bundle, key, given);
    try {
      CmsVerifier.verify(around.toArray(), manifest, ContentType.MANIFEST, key);
      return around;
    } catch (CmsException e) {
      throw new Failure(
          ExitStatus.NOT_TRUSTED,
          signature
              + ": as a CMS message: "
              + asMessage
              + "; as a raw signature: "
              + e.getMessage()
              + "; nothing was attached");
    }
  }

  private PinnedKey key() throws Failure, IOException {
    try {
      List<PinnedKey> keys =
          PinnedKeys.read(List.of(BundleFiles.bounded(certificate, CERTIFICATE_BYTES))).keys();
      if (keys.size() == 1) {
        return keys.getFirst();
      }
      throw Failure.badInput(certificate + ": " + keys.size() + " keys, not one");
    } catch (KeyException e) {
      throw Failure.badInput(certificate + ": " + e.getMessage());
    }
  }
}
