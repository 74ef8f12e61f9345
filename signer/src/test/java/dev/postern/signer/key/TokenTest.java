package dev.postern.signer.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.SoftHsm;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.Occasion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keys on a real PKCS#11 token. SoftHSM2 reads the place of its tokens once a process, so the token
 * is driven in processes of their own ({@link SoftHsm}).
 */
class TokenTest {

  @TempDir Path directory;

  @Test
  void aKeyOnATokenSigns() throws Exception {
    SoftHsm hsm = SoftHsm.create(directory);
    assertThat(hsm.run(TokenTest.class)).isEqualTo("done\n");
  }

  /** Runs where SOFTHSM2_CONF names the token. */
  public static void main(String... arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    // Before the first login: a process that has logged in once stays so.
    assertThatThrownBy(() -> open("9999"))
        .isInstanceOf(KeyException.class)
        .hasMessage("the token in slot 0 refuses the PIN");
    Token token = open(SoftHsm.PIN);
    for (Algorithm algorithm : new Algorithm[] {Algorithm.ECDSA_P384, Algorithm.RSA_PSS_3072}) {
      String alias = algorithm.word();
      OperatorKey made = token.generate(alias, "tina", algorithm, Samples.FROM, Samples.UNTIL);
      // Found again in a new session, and what it signs is trusted.
      OperatorKey key = open(SoftHsm.PIN).key(alias);
      assertThat(key.keyId()).isEqualTo(made.keyId());
      assertThatThrownBy(key::pkcs8).hasMessage("the key does not leave its token");
      Bundle signed = Bundles.sign(Samples.unsigned(), key);
      assertThat(
              BundleChecker.check(
                  signed.bytes(),
                  Samples.trust(key),
                  Occasion.at(Instant.parse("2026-06-01T00:00:00Z"))))
          .isInstanceOf(Check.Trusted.class);
      Files.write(
          directory.resolve("manifest.json"),
          signed.member(Bundle.MANIFEST).orElseThrow().toArray());
      Files.write(directory.resolve("k.p7s"), signed.signatures().get(key.keyId()).toArray());
      KeyFiles.writeCertificate(directory.resolve(alias + ".crt"), key);
      assertThat(Openssl.cmsVerify(directory, "k.p7s", "manifest.json", alias + ".crt").output())
          .containsIgnoringCase("verification successful");
    }
    assertThat(open(SoftHsm.PIN).aliases()).containsExactly("ecdsa-p384", "rsa-pss-3072");
    refusals(token);
    System.out.println("done");
  }

  private static void refusals(Token token) throws Exception {
    assertThatThrownBy(() -> token.key("nobody"))
        .isInstanceOf(KeyException.class)
        .hasMessage("no key nobody on the token");
    assertThatThrownBy(() ->
            token.generate("ecdsa-p384", "tina", Algorithm.ECDSA_P384, Samples.FROM, Samples.UNTIL))
        .isInstanceOf(KeyException.class)
        .hasMessage("the token has a key ecdsa-p384; a key is never overwritten");
    assertThatThrownBy(
            () -> token.generate("pq", "tina", Algorithm.ML_DSA_65, Samples.FROM, Samples.UNTIL))
        .isInstanceOf(KeyException.class)
        .hasMessageStartingWith("PKCS#11 tokens make no ml-dsa-65 keys yet");
    try (Passphrase pin = Passphrase.of("1234".toCharArray())) {
      assertThatThrownBy(() -> Token.open(Path.of("/etc/passwd"), 0, pin))
          .isInstanceOf(KeyException.class);
      assertThatThrownBy(() -> Token.open(SoftHsm.library(), 99, pin))
          .isInstanceOf(KeyException.class);
      assertThatThrownBy(() -> Token.open(Path.of("lib\nname=x.so"), 0, pin))
          .isInstanceOf(KeyException.class)
          .hasMessageEndingWith("is not a PKCS#11 library");
    }
  }

  private static Token open(String pin) throws KeyException {
    try (Passphrase secret = Passphrase.of(pin.toCharArray())) {
      return Token.open(SoftHsm.library(), 0, secret);
    }
  }
}
