package dev.postern.cli;

import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.Passphrase;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Where the passphrase of a key comes from: the terminal, or an open file descriptor for scripts.
 * Not from an argument or the environment, which others on the machine can read.
 */
final class PassphraseSource {

  @Option(
      names = "--passphrase-fd",
      paramLabel = "N",
      description = "read the passphrase from this file descriptor, not the terminal")
  private Optional<Integer> descriptor = Optional.empty();

  /** The passphrase of a key that exists. */
  Passphrase get(Terminal terminal) throws Failure, KeyException {
    return descriptor.isPresent()
        ? Passphrase.fromDescriptor(descriptor.get())
        : Passphrase.of(ask(terminal, "passphrase: "));
  }

  /** The passphrase of a key to be, asked for twice where a person types it. */
  Passphrase choose(Terminal terminal) throws Failure, KeyException {
    if (descriptor.isPresent()) {
      return Passphrase.fromDescriptor(descriptor.get());
    }
    char[] once = ask(terminal, "new passphrase: ");
    char[] again = ask(terminal, "again: ");
    try {
      if (!Arrays.equals(once, again)) {
        throw Failure.badInput("the passphrases differ");
      }
      return Passphrase.of(once);
    } finally {
      Arrays.fill(again, '\0');
    }
  }

  private static char[] ask(Terminal terminal, String prompt) throws Failure {
    return terminal
        .secret(prompt)
        .orElseThrow(() ->
            Failure.badInput("no terminal to ask for the passphrase; hint: --passphrase-fd N"));
  }
}
