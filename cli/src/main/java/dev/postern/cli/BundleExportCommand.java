package dev.postern.cli;

import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.ceremony.Summary;
import dev.postern.signer.check.Claims;
import dev.postern.signer.key.KeyException;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern bundle export}. */
@CommandLine.Command(
    name = "export",
    header = "Writes what was verified as an attestation other tools read.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern bundle export fw-to-nat.bundle --vsa --key ci.key --out fw-to-nat.vsa.json"
    })
final class BundleExportCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path file = Path.of("");

  @Option(
      names = "--vsa",
      required = true,
      description = "SLSA verification summary, an in-toto Statement in a DSSE envelope")
  private boolean vsa;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "the envelope")
  private Path out = Path.of("");

  @Mixin private SigningKey key = new SigningKey();

  BundleExportCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    OutputFiles.requireDirectory(out);
    byte[] archive = BundleFiles.read(file);
    Claims.Consistent claims = BundleFiles.claims(archive, terminal);
    try {
      OutputFiles.write(out, Summary.envelope(Bundle.read(archive), claims, key.open(terminal)));
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    } catch (ArchiveException e) {
      throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
    }
    terminal.line("bundle " + claims.id());
    terminal.line("wrote " + out);
    return ExitStatus.OK;
  }
}
