package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import dev.postern.signer.key.PinnedKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code postern sign}. Signs nothing that {@code bundle check} would refuse: digests, claims and
 * verdict are checked before the signature is written.
 */
@CommandLine.Command(
    name = "sign",
    header = "Adds a signature to a bundle, after checking everything it claims.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern sign fw-to-nat.bundle --key alice.key",
      "  postern sign fw-to-nat.bundle --key ci.key --passphrase-fd 3 3<secret"
    })
final class SignCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle, which gains the signature")
  private Path bundle = Path.of("");

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "the key; its certificate is FILE.crt")
  private Path key = Path.of("");

  @Mixin private PassphraseSource passphrase = new PassphraseSource();

  SignCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    byte[] archive = BundleFiles.read(bundle);
    try (Passphrase secret = passphrase.get(terminal)) {
      OperatorKey signer = KeyFiles.read(key, secret);
      Bundle unsigned = Bundle.read(archive);
      CheckedBundle checked =
          BundleFiles.trusted(
              Bundles.sign(alone(unsigned), signer).bytes(), ownKey(signer), terminal);
      OutputFiles.write(bundle, Bundles.sign(unsigned, signer).bytes());
      terminal.print(BundleText.of(checked));
      terminal.line("signed by " + signer.keyId());
      return ExitStatus.OK;
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    } catch (ArchiveException e) {
      throw Failure.badInput(bundle + ": not a bundle: " + e.getMessage());
    }
  }

  /** Without the signatures of others, which only they who pin them can judge. */
  private static Bundle alone(Bundle bundle) {
    SortedMap<String, Bytes> members = new TreeMap<>(bundle.listed());
    bundle.member(Bundle.MANIFEST).ifPresent(manifest -> members.put(Bundle.MANIFEST, manifest));
    return new Bundle(members);
  }

  private PinnedKeys ownKey(OperatorKey signer) throws Failure, IOException {
    PinnedKeys keys = BundleFiles.pinned(List.of(KeyFiles.certificateOf(key)));
    if (!keys.keyIds().contains(signer.keyId())) {
      throw Failure.badInput(KeyFiles.certificateOf(key) + ": not the certificate of this key");
    }
    return keys;
  }
}
