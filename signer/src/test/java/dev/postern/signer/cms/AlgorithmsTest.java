package dev.postern.signer.cms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import dev.postern.signer.key.PinnedKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of key, against our checker and against this machine's openssl. */
@Tag("slow")
class AlgorithmsTest {

  private static final byte[] CONTENT =
      "{\"_type\":\"https://in-toto.io/Statement/v1\"}\r\n".getBytes(StandardCharsets.UTF_8);
  private static final Map<Algorithm, OperatorKey> KEYS = new EnumMap<>(Algorithm.class);

  static {
    for (Algorithm algorithm : Algorithm.values()) {
      KEYS.put(algorithm, OperatorKey.generate("alice", algorithm, Samples.FROM, Samples.UNTIL));
    }
  }

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void signsAndVerifies(Algorithm algorithm) throws Exception {
    OperatorKey key = key(algorithm);
    byte[] message = CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false);
    assertThat(message.length).isLessThanOrEqualTo(algorithm.messageBytes());
    assertThat(CmsVerifier.verify(message, CONTENT, ContentType.MANIFEST, key.pinned())).isFalse();
    byte[] unattended = CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, true);
    assertThat(CmsVerifier.verify(unattended, CONTENT, ContentType.MANIFEST, key.pinned()))
        .isTrue();
    boolean salted = algorithm == Algorithm.RSA_PSS_3072;
    assertThat(Arrays.equals(CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false), message))
        .as("the same bytes twice")
        .isEqualTo(!salted);
  }

  @ParameterizedTest
  @EnumSource
  void damageIsRefused(Algorithm algorithm) throws Exception {
    OperatorKey key = key(algorithm);
    byte[] message = CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false);
    int step = Math.max(1, message.length / 97);
    for (int at = 0; at < message.length; at += step) {
      byte[] damaged = message.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      refused(damaged, CONTENT, key.pinned());
    }
    refused(Arrays.copyOf(message, message.length + 1), CONTENT, key.pinned());
    refused(Arrays.copyOf(message, message.length - 1), CONTENT, key.pinned());
    refused(message, "{}".getBytes(StandardCharsets.UTF_8), key.pinned());
    for (OperatorKey other : KEYS.values()) {
      if (other.algorithm() != algorithm) {
        refused(message, CONTENT, other.pinned());
      }
    }
    assertThatThrownBy(() -> CmsVerifier.verify(message, CONTENT, ContentType.TRUST, key.pinned()))
        .isInstanceOf(CmsException.class)
        .hasMessageContaining("is not a trust");
  }

  @ParameterizedTest
  @EnumSource
  void keptInAFile(Algorithm algorithm) throws Exception {
    Path file = directory.resolve("k");
    try (Passphrase secret = Passphrase.of("correct horse".toCharArray())) {
      KeyFiles.write(file, key(algorithm), secret);
      OperatorKey read = KeyFiles.read(file, secret);
      assertThat(read.keyId()).isEqualTo(key(algorithm).keyId());
      byte[] message = CmsSigner.sign(CONTENT, ContentType.MANIFEST, read, false);
      CmsVerifier.verify(message, CONTENT, ContentType.MANIFEST, key(algorithm).pinned());
    }
  }

  /** OpenSSL verifies what it knows: before 3.5 neither ML-DSA nor SLH-DSA. */
  @ParameterizedTest
  @EnumSource
  void opensslVerifies(Algorithm algorithm) throws Exception {
    Openssl.require();
    boolean knows = !algorithm.postQuantum() || opensslKnowsPostQuantum();
    Path file = directory.resolve("k");
    try (Passphrase secret = Passphrase.of("correct horse".toCharArray())) {
      KeyFiles.write(file, key(algorithm), secret);
    }
    Files.write(directory.resolve("manifest.json"), CONTENT);
    for (boolean unattended : new boolean[] {false, true}) {
      Files.write(
          directory.resolve("k.p7s"),
          CmsSigner.sign(CONTENT, ContentType.MANIFEST, key(algorithm), unattended));
      Openssl.Answer answer = Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "k.crt");
      assertThat(answer.status() == 0).as("%s: %s", algorithm, answer.output()).isEqualTo(knows);
    }
  }

  /** An operator with RSA and plain openssl. */
  @Test
  void opensslSignsWithRsaPss() throws Exception {
    Openssl.require();
    Files.write(directory.resolve("manifest.json"), CONTENT);
    try (Passphrase secret = Passphrase.of("correct horse".toCharArray())) {
      KeyFiles.write(directory.resolve("k"), key(Algorithm.RSA_PSS_3072), secret);
    }
    Files.writeString(directory.resolve("secret"), "correct horse\n");
    Openssl.succeed(
        directory,
        ("cms -sign -binary -md sha384 -nosmimecap -keyid -nocerts -in manifest.json"
                + " -econtent_type "
                + ContentType.MANIFEST.oid()
                + " -signer k.crt -inkey k -passin file:secret -keyopt rsa_padding_mode:pss"
                + " -keyopt rsa_pss_saltlen:48 -outform DER -out o.p7s")
            .split(" "));
    byte[] message = Files.readAllBytes(directory.resolve("o.p7s"));
    CmsVerifier.verify(
        message, CONTENT, ContentType.MANIFEST, key(Algorithm.RSA_PSS_3072).pinned());
  }

  private boolean opensslKnowsPostQuantum() {
    return Openssl.run(directory, "list", "-signature-algorithms").output().contains("ML-DSA-65");
  }

  private static void refused(byte[] message, byte[] content, PinnedKey key) {
    assertThatThrownBy(() -> CmsVerifier.verify(message, content, ContentType.MANIFEST, key))
        .isInstanceOf(CmsException.class);
  }

  private static OperatorKey key(Algorithm algorithm) {
    OperatorKey key = KEYS.get(algorithm);
    if (key == null) {
      throw new AssertionError(algorithm);
    }
    return key;
  }
}
