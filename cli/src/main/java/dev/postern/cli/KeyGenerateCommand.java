package dev.postern.cli;

import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import dev.postern.signer.key.Token;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code postern key generate}. */
@CommandLine.Command(
    name = "generate",
    header = "Makes a signing key and its X.509 certificate, in a file or on a token.",
    description = {
      "A file is PKCS#8 encrypted under a passphrase, which openssl reads too; a key on",
      "a PKCS#11 token is made there and does not leave it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern key generate --name alice --out alice.key",
      "  postern key generate --name root --algorithm slh-dsa-sha2-192s --out root.key",
      "  postern key generate --name bob --token /usr/lib/softhsm/libsofthsm2.so --alias bob \\",
      "      --out bob.crt",
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
      description =
          "the key; its certificate goes to FILE.crt. With --token, the certificate alone."
              + " Nothing is ever overwritten")
  private Path out = Path.of("");

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "365",
      description = "how long the certificate is good for; 365 unless given")
  private int days;

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = "ecdsa-p384",
      description =
          "ecdsa-p384 unless given; rsa-pss-3072, ml-dsa-65, ml-dsa-87, slh-dsa-sha2-192s")
  private String algorithm = "";

  @Option(
      names = "--token",
      paramLabel = "LIBRARY",
      description = "a PKCS#11 library: make the key on its token; the passphrase is the PIN")
  private Optional<Path> library = Optional.empty();

  @Option(
      names = "--slot",
      paramLabel = "N",
      defaultValue = "0",
      description = "which of the slots with a token, from 0")
  private int slot;

  @Option(names = "--alias", paramLabel = "NAME", description = "what the token calls the key")
  private Optional<String> alias = Optional.empty();

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
    Algorithm kind =
        Algorithm.named(algorithm)
            .orElseThrow(() ->
                Failure.badInput(
                    "no algorithm '" + algorithm + "'; hint: postern key generate --help"));
    Instant end = now.plus(Duration.ofDays(days));
    try (Passphrase secret =
        library.isPresent() ? passphrase.get(terminal) : passphrase.choose(terminal)) {
      if (library.isPresent()) {
        KeyFiles.requireFree(out);
        OperatorKey key =
            Token.open(library.get(), slot, secret)
                .generate(alias.orElse(name), name, kind, now, end);
        KeyFiles.writeCertificate(out, key);
        terminal.line("key " + key.keyId());
        terminal.line("wrote " + out + ", the certificate; the key is on the token");
      } else {
        OperatorKey key = OperatorKey.generate(name, kind, now, end);
        KeyFiles.write(out, key, secret);
        terminal.line("key " + key.keyId());
        terminal.line("wrote " + out + " and " + KeyFiles.certificateOf(out));
      }
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
    return ExitStatus.OK;
  }
}
