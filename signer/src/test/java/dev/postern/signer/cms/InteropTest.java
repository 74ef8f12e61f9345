package dev.postern.signer.cms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.model.Bytes;
import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.cms.Foreign.Attributes;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.PinnedKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who signs and who verifies: messages of the profile and beside it, made by a signer that is not
 * ours, before our checker and before this machine's openssl. Every cell says what is expected; a
 * refusal of ours is expected word for word.
 */
@Tag("slow")
class InteropTest {

  private static final byte[] CONTENT =
      "{\"_type\":\"https://in-toto.io/Statement/v1\"}\r\n".getBytes(StandardCharsets.UTF_8);

  /** What our checker says of a message that it takes. */
  private static final String TAKEN = "taken";

  /** The first openssl that verifies a message; none does, where it is 99. */
  private static final double ALWAYS = 3.0;

  private static final double FROM_3_5 = 3.5;
  private static final double NEVER = 99;

  /**
   * A row.
   *
   * @param ours what our checker says
   * @param openssl the first version that verifies it
   * @param twice whether the same content is signed with the same bytes again
   */
  record Row(
      String family,
      String signature,
      Attributes attributes,
      String ours,
      double openssl,
      boolean twice) {
    @Override
    public String toString() {
      return signature + ", attributes " + attributes;
    }
  }

  private static final String NO_ATTRIBUTES = "no signed attributes";
  private static final String NOT_THE_PROFILE =
      "differs from the profile's encoding of the same values";

  static List<Row> rows() {
    return List.of(
        row("EC", "SHA384withECDSA", Attributes.OURS, TAKEN, ALWAYS, false),
        row("EC", "SHA384withECDSA", Attributes.NONE, NO_ATTRIBUTES, ALWAYS, false),
        row("EC", "SHA384withECDSA", Attributes.DEFAULT, NOT_THE_PROFILE, ALWAYS, false),
        row(
            "EC",
            "SHA256withECDSA",
            Attributes.OURS,
            "algorithms are not SHA-384 and ecdsa-p384",
            ALWAYS,
            false),
        row("RSA", "SHA384withRSAandMGF1", Attributes.OURS, TAKEN, ALWAYS, false),
        row("RSA", "SHA384withRSAandMGF1", Attributes.NONE, NO_ATTRIBUTES, ALWAYS, false),
        row(
            "RSA",
            "SHA384withRSA",
            Attributes.OURS,
            "algorithms are not SHA-384 and rsa-pss-3072",
            ALWAYS,
            true),
        row(
            "RSA",
            "SHA384withRSA",
            Attributes.NONE,
            "algorithms are not SHA-384 and rsa-pss-3072",
            ALWAYS,
            true),
        row(
            "Ed25519",
            "Ed25519",
            Attributes.OURS,
            "algorithms are not SHA-384 and ecdsa-p384",
            FROM_3_5,
            true),
        row(
            "Ed25519",
            "Ed25519",
            Attributes.NONE,
            "algorithms are not SHA-384 and ecdsa-p384",
            NEVER,
            true),
        row("ML-DSA-65", "ML-DSA-65", Attributes.OURS, TAKEN, FROM_3_5, true),
        row("ML-DSA-87", "ML-DSA-87", Attributes.OURS, TAKEN, FROM_3_5, true),
        row("ML-DSA-65", "ML-DSA-65", Attributes.NONE, NO_ATTRIBUTES, NEVER, true),
        row("SLH-DSA-SHA2-192S", "SLH-DSA-SHA2-192S", Attributes.OURS, TAKEN, FROM_3_5, true));
  }

  private static Row row(
      String family,
      String signature,
      Attributes attributes,
      String ours,
      double openssl,
      boolean twice) {
    return new Row(family, signature, attributes, ours, openssl, twice);
  }

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void eachSignerBeforeEachVerifier(Row row) throws Exception {
    Foreign key = Foreign.key(row.family, row.signature);
    byte[] message = Foreign.sign(CONTENT, row.attributes, false, key);
    assertThat(Arrays.equals(Foreign.sign(CONTENT, row.attributes, false, key), message))
        .as("the same bytes twice")
        .isEqualTo(row.twice && row.attributes != Attributes.DEFAULT);
    assertThat(ours(message, key)).isEqualTo(row.ours);
    Openssl.require();
    Files.write(directory.resolve("manifest.json"), CONTENT);
    Files.write(directory.resolve("k.p7s"), message);
    key.writeCertificate(directory.resolve("k.crt"));
    Openssl.Answer answer = Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "k.crt");
    assertThat(answer.status() == 0)
        .as("openssl %s: %s", version(), answer.output())
        .isEqualTo(version() >= row.openssl);
    System.out.printf(
        "%s: ours: %s; openssl %s: %s; %d bytes%n",
        row, row.ours, version(), answer.status() == 0 ? "taken" : "refused", message.length);
  }

  /** Our own signatures, all keys: what we write is read by whoever reads what we read. */
  @ParameterizedTest
  @org.junit.jupiter.params.provider.EnumSource
  void whatWeSignBeforeEachVerifier(Algorithm algorithm) throws Exception {
    Openssl.require();
    OperatorKey key = OperatorKey.generate("alice", algorithm, Samples.FROM, Samples.UNTIL);
    Files.write(directory.resolve("manifest.json"), CONTENT);
    byte[] message = CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false);
    assertThat(Arrays.equals(CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false), message))
        .as("ECDSA by RFC 6979, ML-DSA and SLH-DSA without randomness")
        .isEqualTo(algorithm != Algorithm.RSA_PSS_3072);
    Files.write(directory.resolve("k.p7s"), message);
    KeyFiles.writeCertificate(directory.resolve("k.crt"), key);
    Openssl.Answer answer = Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "k.crt");
    assertThat(answer.status() == 0)
        .as("openssl %s: %s", version(), answer.output())
        .isEqualTo(version() >= (algorithm.postQuantum() ? FROM_3_5 : ALWAYS));
  }

  /** What our checker says, told to trust that key, or one that can be trusted where it cannot. */
  private static String ours(byte[] message, Foreign key) throws Exception {
    PinnedKey pinned;
    try {
      pinned = PinnedKey.of(Bytes.of(key.spki()), List.of(Bytes.of(key.keyIdentifier())));
    } catch (KeyException e) {
      assertThat(e).hasMessageStartingWith("not a key of ecdsa-p384, rsa-pss-3072");
      pinned = PinnedKey.of(Samples.ALICE.pinned().spki(), List.of(Bytes.of(key.keyIdentifier())));
    }
    PinnedKey told = pinned;
    CmsException refusal =
        catchThrowableOfType(
            CmsException.class,
            () -> CmsVerifier.verify(message, CONTENT, ContentType.MANIFEST, told));
    return refusal == null ? TAKEN : String.valueOf(refusal.getMessage());
  }

  private double version() {
    Matcher version =
        Pattern.compile("OpenSSL (\\d+\\.\\d+)")
            .matcher(Openssl.run(directory, "version").output());
    assertThat(version.find()).isTrue();
    return Double.parseDouble(version.group(1));
  }
}
