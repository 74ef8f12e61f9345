package dev.postern.cli;

import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code postern key generate}. */
@CommandLine.Command(
    name = "generate",
    header = "Makes an ECDSA P-384 signing key and its X.509 certificate.",
    description = "The key is encrypted under a passphrase, in a form openssl reads too.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern key generate --name alice --out alice.key",
      "  postern key generate --name ci --out ci.key --passphrase-fd 3 3<secret"
    })
final class KeyGenerateCommand extends Command {

  private static final int LONGEST_DAYS = 3650;

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "whose key it is; the certificate's common name")
  private String name = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "the key; the certificate goes to FILE.crt. Neither is ever overwritten")
  private Path out = Path.of("");

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "365",
      description = "how long the certificate is good for; 365 unless given")
  private int days;

  @Mixin private PassphraseSource passphrase = new PassphraseSource();

  KeyGenerateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    if (days < 1 || days > LONGEST_DAYS) {
      throw Failure.badInput("--days takes 1 to " + LONGEST_DAYS);
    }
    if (name.isBlank() || name.length() > 64) {
      throw Failure.badInput("--name takes 1 to 64 characters");
    }
    OutputFiles.requireDirectory(out);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    try (Passphrase secret = passphrase.choose(terminal)) {
      OperatorKey key =
          OperatorKey.generate(name, Algorithm.ECDSA_P384, now, now.plus(Duration.ofDays(days)));
      KeyFiles.write(out, key, secret);
      terminal.line("key " + key.keyId());
      terminal.line("wrote " + out + " and " + KeyFiles.certificateOf(out));
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
    return ExitStatus.OK;
  }
}
