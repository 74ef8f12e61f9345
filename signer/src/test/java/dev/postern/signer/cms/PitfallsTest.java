package dev.postern.signer.cms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.model.Bytes;
import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.cms.Foreign.Attributes;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Security;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where plain CMS tools say yes and mean less than one thinks: what this machine's openssl answers,
 * and for what a bundle with exactly that in it is refused, or why it is not. Further ones, about a
 * message alone, are in {@code CmsTest}: no {@code -binary} set aside here, stripped attributes, a
 * trailing byte, BER, a second signer.
 */
@Tag("slow")
class PitfallsTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Bundle UNSIGNED = Samples.unsigned();
  private static final byte[] MANIFEST = UNSIGNED.member(Bundle.MANIFEST).orElseThrow().toArray();
  private static final String GOOD = "CMS Verification successful";

  @TempDir Path directory;

  /** 1: {@code -CAfile} alone also trusts what the system trusts. */
  @Test
  void aRootOfTheSystemsIsNoOperator() throws Exception {
    Foreign system = Foreign.key("EC", "SHA384withECDSA");
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, true, system);
    assertThat(reasons(message, system, trust(Samples.ALICE.pinned())))
        .containsExactly("signer-unknown");
    Openssl.require();
    Path roots = Files.createDirectory(directory.resolve("certs"));
    system.writeCertificate(roots.resolve("system.pem"));
    Openssl.succeed(directory, "rehash", roots.toString());
    Files.write(directory.resolve("k.p7s"), message);
    Files.write(directory.resolve("manifest.json"), MANIFEST);
    KeyFiles.writeCertificate(directory.resolve("alice.crt"), Samples.ALICE);
    // Where this machine keeps what it trusts, for the test a directory of our own.
    Map<String, String> here = Map.of("SSL_CERT_DIR", roots.toString());
    List<String> careless = verify("-CAfile", "alice.crt", "-purpose", "any");
    assertThat(Openssl.run(directory, here, careless.toArray(String[]::new)).output())
        .contains(GOOD);
    List<String> careful = plus(careless, "-no-CApath", "-no-CAstore");
    assertThat(Openssl.run(directory, here, careful.toArray(String[]::new)).output())
        .doesNotContain(GOOD);
    assertThat(Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "alice.crt").output())
        .doesNotContain(GOOD);
  }

  /** 2: openssl's default purpose is mail; a key for code fails it, one for anything passes. */
  @Test
  void whatACertificateIsForIsNotOurQuestion() throws Exception {
    for (boolean codeSigning : new boolean[] {true, false}) {
      Foreign key =
          Foreign.key(
              "EC",
              "SHA384withECDSA",
              Foreign.BC,
              Foreign.BC,
              Samples.FROM,
              Samples.UNTIL,
              codeSigning);
      byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, false, key);
      assertThat(reasons(message, key, trust(pinned(key)))).isEmpty();
      Openssl.require();
      prepare(message, key);
      List<String> command =
          verify("-nointern", "-certfile", "k.crt", "-CAfile", "k.crt", "-partial_chain");
      assertThat(run(command).contains(GOOD))
          .as("code signing %s", codeSigning)
          .isEqualTo(!codeSigning);
      assertThat(run(plus(command, "-purpose", "any"))).contains(GOOD);
    }
  }

  /** 3: {@code -noverify} takes whatever certificate the message brings. */
  @Test
  void aCertificateInTheMessageIsNobodysWord() throws Exception {
    Foreign mallory = Foreign.key("EC", "SHA384withECDSA");
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, true, mallory);
    assertThat(reasons(message, mallory, trust(pinned(mallory))))
        .as("also where the key is trusted")
        .containsExactly("signature-profile");
    assertThat(reasons(message, mallory, trust(Samples.ALICE.pinned())))
        .containsExactly("signer-unknown");
    Openssl.require();
    prepare(message, mallory);
    KeyFiles.writeCertificate(directory.resolve("alice.crt"), Samples.ALICE);
    assertThat(run(verify("-noverify"))).contains(GOOD);
    assertThat(run(verify("-noverify", "-nointern", "-certfile", "alice.crt")))
        .doesNotContain(GOOD);
  }

  /** 5: without {@code -binary} it is other bytes that are signed, and that are verified. */
  @Test
  void withoutBinaryLineEndsAreRewritten() throws Exception {
    Openssl.require();
    byte[] lines = "{\n\"a\": 1\n}\n".getBytes(StandardCharsets.US_ASCII);
    OperatorKey olga = OperatorKey.generate("o", Algorithm.ECDSA_P384, Samples.FROM, Samples.UNTIL);
    byte[] ours = CmsSigner.sign(lines, ContentType.MANIFEST, olga, false);
    Files.write(directory.resolve("manifest.json"), lines);
    Files.write(directory.resolve("k.p7s"), ours);
    KeyFiles.writeCertificate(directory.resolve("k.crt"), olga);
    List<String> command =
        plus(
            verify("-nointern", "-certfile", "k.crt", "-CAfile", "k.crt", "-partial_chain"),
            "-purpose",
            "any");
    assertThat(run(command)).contains(GOOD);
    assertThat(run(without(command, "-binary"))).doesNotContain(GOOD);
    // The other way round: a signature over the bytes as rewritten is one of other content.
    byte[] rewritten =
        new String(lines, StandardCharsets.US_ASCII)
            .replace("\n", "\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] text = CmsSigner.sign(rewritten, ContentType.MANIFEST, olga, false);
    Files.write(directory.resolve("k.p7s"), text);
    assertThat(run(without(command, "-binary"))).contains(GOOD);
    assertThat(run(command)).doesNotContain(GOOD);
    assertThatThrownBy(() -> CmsVerifier.verify(text, lines, ContentType.MANIFEST, olga.pinned()))
        .isInstanceOf(CmsException.class)
        .hasMessage("is about other content");
    Bundle signed =
        UNSIGNED.withSignature(
            Samples.ALICE.keyId(),
            Bytes.of(
                CmsSigner.sign(
                    plus(MANIFEST, (byte) '\r'), ContentType.MANIFEST, Samples.ALICE, false)));
    assertThat(reasons(signed, trust(Samples.ALICE.pinned()))).containsExactly("signature-invalid");
  }

  /** 10: a revoked certificate passes, unless asked, and unless there is a list. */
  @Test
  void revocationIsTheTrusts() throws Exception {
    Foreign root = Foreign.key("EC", "SHA384withECDSA");
    Foreign leaf = Foreign.key("EC", "SHA384withECDSA").issuedBy(root);
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, false, leaf);
    assertThat(reasons(message, leaf, trust(pinned(leaf)))).isEmpty();
    assertThat(
            reasons(message, leaf, trust(pinned(leaf), Optional.empty(), TrustedKey.State.REVOKED)))
        .containsExactly("key-revoked", "threshold");
    Openssl.require();
    prepare(message, leaf);
    byte[] list =
        new X509v2CRLBuilder(new X500Name("CN=olga"), Date.from(Samples.FROM))
            .setNextUpdate(Date.from(Samples.UNTIL))
            .addCRLEntry(leaf.certificate.getSerialNumber(), Date.from(Samples.FROM), 0)
            .build(
                new JcaContentSignerBuilder("SHA384withECDSA")
                    .setProvider(Foreign.BC)
                    .build(root.pair.getPrivate()))
            .getEncoded();
    Files.writeString(
        directory.resolve("root.pem"),
        Foreign.pem("CERTIFICATE", root.certificate.getEncoded()) + Foreign.pem("X509 CRL", list));
    List<String> command =
        verify("-nointern", "-certfile", "k.crt", "-CAfile", "root.pem", "-purpose", "any");
    assertThat(run(command)).contains(GOOD);
    assertThat(run(plus(command, "-crl_check"))).doesNotContain(GOOD).contains("revoked");
  }

  /** 11: an expired certificate fails now and passes as of then; a key's time is the trust's. */
  @Test
  void theDatesOfACertificateAreNotTheTrusts() throws Exception {
    Instant end = Instant.parse("2020-01-01T00:00:00Z");
    OperatorKey old =
        OperatorKey.generate("o", Algorithm.ECDSA_P384, Instant.parse("2019-01-01T00:00:00Z"), end);
    Bundle signed = Bundles.sign(UNSIGNED, old);
    assertThat(reasons(signed, trust(old.pinned()))).isEmpty();
    assertThat(reasons(signed, trust(old.pinned(), Optional.of(end), TrustedKey.State.ACTIVE)))
        .containsExactly("key-expired", "threshold");
    Openssl.require();
    Files.write(directory.resolve("manifest.json"), MANIFEST);
    Files.write(directory.resolve("k.p7s"), signed.signatures().get(old.keyId()).toArray());
    KeyFiles.writeCertificate(directory.resolve("k.crt"), old);
    List<String> command =
        plus(
            verify("-nointern", "-certfile", "k.crt", "-CAfile", "k.crt", "-partial_chain"),
            "-purpose",
            "any");
    assertThat(run(command)).doesNotContain(GOOD).contains("expired");
    assertThat(run(plus(command, "-attime", String.valueOf(end.getEpochSecond() - 1))))
        .contains(GOOD);
  }

  /** 14: the JDK verifies Bouncy Castle's ML-DSA and cannot read its keys; the other way it can. */
  @Test
  void postQuantumKeysStayWhereTheyWereMade() throws Exception {
    Foreign castle = Foreign.key("ML-DSA-65", "ML-DSA-65");
    byte[] pkcs8 = castle.pair.getPrivate().getEncoded();
    assertThat(pkcs8.length).isGreaterThan(4000);
    assertThatThrownBy(() ->
            KeyFactory.getInstance("ML-DSA", "SUN").generatePrivate(new PKCS8EncodedKeySpec(pkcs8)))
        .isInstanceOf(java.security.spec.InvalidKeySpecException.class);
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, false, castle);
    assertThat(reasons(message, castle, trust(pinned(castle)))).isEmpty();
    // Made by the JDK, hedged: other bytes each time, all of them good.
    Foreign sun =
        Foreign.key(
            "ML-DSA-65",
            "ML-DSA-65",
            Security.getProvider("SUN"),
            Security.getProvider("SUN"),
            Samples.FROM,
            Samples.UNTIL,
            true);
    byte[] first = Foreign.sign(MANIFEST, Attributes.OURS, false, sun);
    byte[] second = Foreign.sign(MANIFEST, Attributes.OURS, false, sun);
    assertThat(first).isNotEqualTo(second);
    for (byte[] each : List.of(first, second)) {
      assertThat(reasons(each, sun, trust(pinned(sun)))).isEmpty();
    }
    first[first.length - 1] ^= 1;
    assertThat(reasons(first, sun, trust(pinned(sun)))).containsExactly("signature-invalid");
  }

  /** 15: no provider of Bouncy Castle's is registered; what the JDK does not name, we name. */
  @Test
  void rsaPssVerifiesByTheJdkAlone() throws Exception {
    assertThat(Security.getProvider("BC")).isNull();
    assertThatThrownBy(() -> Signature.getInstance("SHA384WITHRSASSA-PSS"))
        .isInstanceOf(NoSuchAlgorithmException.class);
    Foreign key = Foreign.key("RSA", "SHA384withRSAandMGF1");
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, false, key);
    assertThat(reasons(message, key, trust(pinned(key)))).isEmpty();
    message[message.length - 1] ^= 1;
    assertThat(reasons(message, key, trust(pinned(key)))).containsExactly("signature-invalid");
  }

  /** 16: several signers stand sorted whoever came first; two of them are one too many for us. */
  @Test
  void signersInOneMessageAreSortedAndRefused() throws Exception {
    Foreign one = Foreign.key("Ed25519", "Ed25519");
    Foreign two = Foreign.key("RSA", "SHA384withRSA");
    byte[] message = Foreign.sign(MANIFEST, Attributes.OURS, false, one, two);
    assertThat(Foreign.sign(MANIFEST, Attributes.OURS, false, two, one)).isEqualTo(message);
    Bundle bundle = UNSIGNED.withSignature(Samples.ALICE.keyId(), Bytes.of(message));
    assertThat(reasons(bundle, trust(Samples.ALICE.pinned()))).containsExactly("signature-profile");
    assertThatThrownBy(() ->
            CmsVerifier.verify(message, MANIFEST, ContentType.MANIFEST, Samples.ALICE.pinned()))
        .isInstanceOf(CmsException.class)
        .hasMessage("2 signers, not one");
  }

  private static List<String> reasons(byte[] message, Foreign key, Trust trust) throws Exception {
    return reasons(UNSIGNED.withSignature(Bytes.of(key.spki()).sha256(), Bytes.of(message)), trust);
  }

  private static List<String> reasons(Bundle bundle, Trust trust) {
    return switch (BundleChecker.check(bundle.bytes(), trust, Occasion.at(NOW))) {
      case Check.Trusted _ -> List.of();
      case Check.Refused(List<Refusal> refusals) ->
          refusals.stream().map(refusal -> refusal.reason().code()).toList();
    };
  }

  private static PinnedKey pinned(Foreign key) throws Exception {
    return PinnedKey.of(Bytes.of(key.spki()), List.of(Bytes.of(key.keyIdentifier())));
  }

  private static Trust trust(PinnedKey key) {
    return trust(key, Optional.empty(), TrustedKey.State.ACTIVE);
  }

  private static Trust trust(PinnedKey key, Optional<Instant> notAfter, TrustedKey.State state) {
    SortedMap<String, TrustedKey> keys = new TreeMap<>();
    keys.put(key.keyId(), new TrustedKey(key, "olga", notAfter, state));
    Role role = new Role(1, 0, List.of(key.keyId()));
    return new Trust(
        1,
        Optional.of(Samples.UNTIL),
        0,
        Optional.empty(),
        300,
        Map.of(Role.Name.ROOT, role, Role.Name.OPERATOR, role),
        keys,
        new TreeSet<>(List.of("speculation")),
        new TreeMap<>(),
        new TreeSet<>());
  }

  private void prepare(byte[] message, Foreign key) throws Exception {
    Files.write(directory.resolve("k.p7s"), message);
    Files.write(directory.resolve("manifest.json"), MANIFEST);
    key.writeCertificate(directory.resolve("k.crt"));
  }

  /** The command of docs/bundle-format.md with other ideas of whom to trust. */
  private static List<String> verify(String... trusting) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                "k.p7s",
                "-content",
                "manifest.json",
                "-out",
                "/dev/null"));
    command.addAll(Arrays.asList(trusting));
    return command;
  }

  private static List<String> plus(List<String> command, String... more) {
    List<String> all = new ArrayList<>(command);
    all.addAll(Arrays.asList(more));
    return all;
  }

  private static byte[] plus(byte[] bytes, byte more) {
    byte[] all = Arrays.copyOf(bytes, bytes.length + 1);
    all[bytes.length] = more;
    return all;
  }

  private static List<String> without(List<String> command, String option) {
    List<String> rest = new ArrayList<>(command);
    assertThat(rest.remove(option)).isTrue();
    return rest;
  }

  private String run(List<String> command) {
    return Openssl.run(directory, command.toArray(String[]::new)).output();
  }
}
