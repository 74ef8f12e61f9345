package dev.postern.signer.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Reason;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.trust.Trust;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys on disk: encrypted, private, never overwritten, and the same to openssl. */
class KeyFilesTest {

  private static final String SECRET = "correct horse";

  @TempDir Path directory;

  @Test
  void writtenAndReadBack() throws Exception {
    Path file = write();
    OperatorKey read = KeyFiles.read(file, passphrase(SECRET));
    assertThat(read.keyId()).isEqualTo(Samples.ALICE.keyId());
    assertThat(read.pkcs8()).isEqualTo(Samples.ALICE.pkcs8());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(directory)) {
      assertThat(files.map(path -> path.getFileName().toString()).sorted())
          .containsExactly("alice.key", "alice.key.crt");
    }
    assertThat(Files.readString(file, StandardCharsets.US_ASCII))
        .startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  }

  @Test
  void refusals() throws Exception {
    Path file = write();
    assertThatThrownBy(() -> KeyFiles.read(file, passphrase("wrong")))
        .isInstanceOf(KeyException.class)
        .hasMessage("wrong passphrase, or a damaged key file");
    assertThatThrownBy(() -> KeyFiles.write(file, Samples.ALICE, passphrase(SECRET)))
        .isInstanceOf(KeyException.class)
        .hasMessageEndingWith("exists; a key is never overwritten");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> KeyFiles.read(file, passphrase(SECRET)))
        .isInstanceOf(KeyException.class)
        .hasMessageEndingWith("is open to others; expected mode 0600");
  }

  @Test
  void aCertificateOfAnotherKey() throws Exception {
    Path alice = write();
    Path mallory = directory.resolve("mallory.key");
    KeyFiles.write(mallory, Samples.MALLORY, passphrase(SECRET));
    Files.copy(
        KeyFiles.certificateOf(mallory),
        KeyFiles.certificateOf(alice),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> KeyFiles.read(alice, passphrase(SECRET)))
        .isInstanceOf(KeyException.class)
        .hasMessage("the certificate is of another key");
  }

  @Test
  void opensslReadsOurKeyAndCertificate() throws Exception {
    Openssl.require();
    write();
    Openssl.Answer key =
        Openssl.run(directory, "pkey", "-in", "alice.key", "-passin", "pass:" + SECRET, "-pubout");
    Openssl.Answer certificate =
        Openssl.run(directory, "x509", "-in", "alice.key.crt", "-noout", "-pubkey");
    assertThat(key.status()).as(key.output()).isZero();
    assertThat(key.output()).startsWith("-----BEGIN PUBLIC KEY").isEqualTo(certificate.output());
    Openssl.Answer text = Openssl.run(directory, "x509", "-in", "alice.key.crt", "-noout", "-text");
    assertThat(text.output())
        .contains("ASN1 OID: secp384r1")
        .contains("X509v3 Key Usage: critical\n                Digital Signature")
        .contains("Code Signing")
        .contains("CA:FALSE")
        .contains("ecdsa-with-SHA384");
  }

  @Test
  void aKeyMadeByOpensslSignsForUs() throws Exception {
    Openssl.require();
    Openssl.succeed(
        directory,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-keyout",
        "o.raw",
        "-out",
        "o.key.crt",
        "-days",
        "30",
        "-subj",
        "/CN=olga",
        "-passout",
        "pass:" + SECRET);
    Openssl.succeed(
        directory,
        "pkcs8",
        "-topk8",
        "-in",
        "o.raw",
        "-passin",
        "pass:" + SECRET,
        "-out",
        "o.key",
        "-passout",
        "pass:" + SECRET,
        "-v2",
        "aes-256-cbc",
        "-v2prf",
        "hmacWithSHA256");
    Path file = directory.resolve("o.key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    OperatorKey olga = KeyFiles.read(file, passphrase(SECRET));
    Bundle signed = Bundles.sign(Samples.unsigned(), olga);
    byte[] pin = Files.readAllBytes(directory.resolve("o.key.crt"));
    onlyTheWaiverIsAgainst(signed, pin);
    // A bare public key pins as well: openssl's usual identifier is SHA-1 of the point.
    Openssl.Answer spki = Openssl.run(directory, "x509", "-in", "o.key.crt", "-noout", "-pubkey");
    byte[] bare = spki.output().getBytes(StandardCharsets.US_ASCII);
    onlyTheWaiverIsAgainst(signed, bare);
  }

  /** Bare keys say nothing of waivers, and the sample has one; else it would be trusted. */
  private static void onlyTheWaiverIsAgainst(Bundle signed, byte[] pin) throws Exception {
    Check check =
        BundleChecker.check(
            signed.bytes(),
            Trust.of(PinnedKeys.read(List.of(pin))),
            Occasion.at(Instant.parse("2026-06-01T00:00:00Z")));
    assertThat(((Check.Refused) check).refusals())
        .extracting(Refusal::reason)
        .containsExactly(Reason.WAIVER);
  }

  @Test
  void onlyOurAlgorithms() throws Exception {
    Openssl.require();
    Openssl.succeed(
        directory,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-keyout",
        "p.raw",
        "-nodes",
        "-out",
        "p.crt",
        "-days",
        "30",
        "-subj",
        "/CN=p");
    byte[] pin = Files.readAllBytes(directory.resolve("p.crt"));
    assertThatThrownBy(() -> PinnedKeys.read(List.of(pin)))
        .isInstanceOf(KeyException.class)
        .hasMessageStartingWith("not a key of ecdsa-p384, ");
    assertThatThrownBy(() -> PinnedKeys.read(List.of("no pem".getBytes(StandardCharsets.US_ASCII))))
        .isInstanceOf(KeyException.class)
        .hasMessage("no PEM block");
    byte[] secret = Files.readAllBytes(directory.resolve("p.raw"));
    assertThatThrownBy(() -> PinnedKeys.read(List.of(secret)))
        .isInstanceOf(KeyException.class)
        .hasMessage("PEM block PRIVATE KEY is neither a certificate nor a public key");
  }

  @Test
  void passphrases() throws Exception {
    assertThatThrownBy(() -> Passphrase.of(new char[0]))
        .isInstanceOf(KeyException.class)
        .hasMessage("the passphrase is empty");
    assertThatThrownBy(() -> Passphrase.of("é".toCharArray()))
        .isInstanceOf(KeyException.class)
        .hasMessage("the passphrase has a character outside printable ASCII");
    char[] characters = SECRET.toCharArray();
    Passphrase.of(characters).close();
    assertThat(characters).containsOnly('\0');
  }

  @Test
  void passphrasesFromADescriptor() throws Exception {
    assertThat(descriptor("secret\nnext line")).isEqualTo("secret");
    assertThat(descriptor("no newline")).isEqualTo("no newline");
    assertThatThrownBy(() -> descriptor("\n"))
        .isInstanceOf(KeyException.class)
        .hasMessage("the passphrase is empty");
    assertThatThrownBy(() -> descriptor("x".repeat(5000)))
        .isInstanceOf(KeyException.class)
        .hasMessage("the passphrase is longer than 1024 characters");
    assertThatThrownBy(() -> Passphrase.fromDescriptor(987_654))
        .isInstanceOf(KeyException.class)
        .hasMessage("file descriptor 987654 cannot be read");
  }

  /** What is read through the number the kernel gave an open file of this process. */
  private String descriptor(String content) throws Exception {
    Path file = Files.writeString(directory.resolve("secret"), content).toRealPath();
    try (InputStream open = new FileInputStream(file.toFile());
        var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(open.available()).isEqualTo(content.length());
      Path number =
          descriptors
              .filter(link -> Files.exists(link) && isSame(link, file))
              .findFirst()
              .orElseThrow();
      try (Passphrase read =
          Passphrase.fromDescriptor(Integer.parseInt(number.getFileName().toString()))) {
        return new String(read.characters());
      }
    }
  }

  private static boolean isSame(Path link, Path file) {
    try {
      return Files.isSameFile(link, file);
    } catch (IOException e) {
      return false; // closed since it was listed
    }
  }

  private Path write() throws Exception {
    Path file = directory.resolve("alice.key");
    KeyFiles.write(file, Samples.ALICE, passphrase(SECRET));
    return file;
  }

  private static Passphrase passphrase(String text) throws KeyException {
    return Passphrase.of(text.toCharArray());
  }
}
