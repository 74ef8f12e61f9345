package dev.postern.cli;

import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import dev.postern.signer.key.Token;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The key to sign with: a file, or one on a PKCS#11 token. */
final class SigningKey {

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "the key; its certificate is FILE.crt")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--token",
      paramLabel = "LIBRARY",
      description = "a PKCS#11 library: the key is on its token, the passphrase is the PIN")
  private Optional<Path> library = Optional.empty();

  @Option(
      names = "--slot",
      paramLabel = "N",
      description = "which of the slots with a token, from 0")
  private Optional<Integer> slot = Optional.empty();

  @Option(
      names = "--alias",
      paramLabel = "NAME",
      description = "the key on the token, where there are several")
  private Optional<String> alias = Optional.empty();

  @Mixin private PassphraseSource passphrase = new PassphraseSource();

  OperatorKey open(Terminal terminal) throws Failure, IOException {
    if (file.isPresent() == library.isPresent()) {
      throw Failure.badInput("one of --key and --token is needed");
    }
    try (Passphrase secret = passphrase.get(terminal)) {
      if (file.isPresent()) {
        return KeyFiles.read(file.get(), secret);
      }
      Token token = Token.open(library.orElseThrow(), slot.orElse(0), secret);
      return token.key(alias.isPresent() ? alias.get() : only(token.aliases()));
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
  }

  private static String only(List<String> aliases) throws Failure {
    if (aliases.size() != 1) {
      throw Failure.badInput(
          "the token has "
              + (aliases.isEmpty() ? "no keys" : "several keys; hint: --alias of " + aliases));
    }
    return aliases.getFirst();
  }
}
