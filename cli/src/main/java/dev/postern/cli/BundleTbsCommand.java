package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.Claims;
import dev.postern.signer.key.Algorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle tbs}. */
@CommandLine.Command(
    name = "tbs",
    header = "Writes what has to be signed, to be carried to where the key is.",
    description = {
      "DIR gets manifest.json (for openssl cms -sign), signed-attributes-sha384.der and -sha512.der",
      "(for a raw signature: the former for ECDSA and RSA-PSS, the latter for ML-DSA and SLH-DSA)",
      "and summary.txt (for the person)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern bundle tbs fw-to-nat.bundle --out carry",
      "  openssl dgst -sha384 -sign bob.pem -out bob.sig carry/signed-attributes-sha384.der",
      "  postern bundle attach fw-to-nat.bundle --signer bob.crt bob.sig"
    })
final class BundleTbsCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path file = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "made if not there")
  private Path directory = Path.of("");

  @Option(names = "--baseline", paramLabel = "BUNDLE", description = "compare with this one")
  private Optional<Path> baseline = Optional.empty();

  BundleTbsCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    byte[] archive = BundleFiles.read(file);
    Claims.Consistent claims = BundleFiles.claims(archive, terminal);
    Optional<Claims.Consistent> before =
        baseline.isPresent()
            ? Optional.of(BundleFiles.claims(BundleFiles.read(baseline.get()), terminal))
            : Optional.empty();
    String screen = Screen.of(claims, before);
    try {
      Bundle bundle = Bundle.read(archive);
      Files.createDirectories(directory);
      write("manifest.json", bundle.member(Bundle.MANIFEST).map(Bytes::toArray).orElseThrow());
      write("signed-attributes-sha384.der", Bundles.toBeSigned(bundle, Algorithm.ECDSA_P384));
      write("signed-attributes-sha512.der", Bundles.toBeSigned(bundle, Algorithm.ML_DSA_65));
      write("summary.txt", screen.getBytes(StandardCharsets.UTF_8));
    } catch (ArchiveException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
    terminal.print(screen);
    terminal.line("wrote " + directory);
    return ExitStatus.OK;
  }

  private void write(String name, byte[] content) throws IOException {
    OutputFiles.write(directory.resolve(name), content);
  }
}
