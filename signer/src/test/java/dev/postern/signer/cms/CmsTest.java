package dev.postern.signer.cms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.signer.Openssl;
import dev.postern.signer.Samples;
import dev.postern.signer.cms.CmsException.Kind;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.KeyFiles;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.Passphrase;
import dev.postern.signer.key.PinnedKey;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.bouncycastle.asn1.ASN1Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our signatures against openssl, openssl's against us, and every way to be almost right. */
class CmsTest {

  private static final byte[] CONTENT =
      "{\"_type\":\"https://in-toto.io/Statement/v1\"}\r\n".getBytes(StandardCharsets.UTF_8);
  private static final OperatorKey KEY = Samples.ALICE;
  private static final PinnedKey PINNED = KEY.pinned();

  @TempDir Path directory;

  @Test
  void signAndVerify() throws Exception {
    byte[] message = sign(KEY);
    verify(message, CONTENT, KEY);
    assertThat(sign(KEY)).isEqualTo(message);
  }

  /** RFC 6979 A.2.6, P-384, SHA-384, message "sample". */
  @Test
  void theSignatureIsTheOneOfRfc6979() throws Exception {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp384r1"));
    ECPrivateKeySpec spec =
        new ECPrivateKeySpec(
            new BigInteger(
                "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
                    + "96D5724E4C70A825F872C9EA60D2EDF5",
                16),
            curve.getParameterSpec(ECParameterSpec.class));
    ECPrivateKey key = (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(spec);
    byte[] signature =
        PrivateKey.read(key.getEncoded(), Algorithm.ECDSA_P384)
            .sign("sample".getBytes(StandardCharsets.UTF_8));
    assertThat(HexFormat.of().withUpperCase().formatHex(signature))
        .isEqualTo(
            "30660231"
                + "0094EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
                + "81A648152E44ACF96E36DD1E80FABE46"
                + "0231"
                + "0099EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
                + "A329C145786E679E7B82C71A38628AC8");
  }

  @Test
  void theDocumentedOpensslCommandAcceptsIt() throws Exception {
    Openssl.require();
    prepare();
    Files.write(directory.resolve("k.p7s"), sign(KEY));
    Openssl.Answer answer = Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "alice.crt");
    assertThat(answer.output()).containsIgnoringCase("verification successful");
    assertThat(answer.status()).isZero();
    Files.write(directory.resolve("manifest.json"), "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "alice.crt").status())
        .isNotZero();
  }

  @Test
  void opensslRefusesAnotherPin() throws Exception {
    Openssl.require();
    prepare();
    Files.write(directory.resolve("k.p7s"), sign(Samples.MALLORY));
    assertThat(Openssl.cmsVerify(directory, "k.p7s", "manifest.json", "alice.crt").status())
        .isNotZero();
  }

  @Test
  void anOperatorWithoutOurToolSignsWithOpenssl() throws Exception {
    Openssl.require();
    prepare();
    byte[] message = opensslSign(List.of());
    assertThat(message.length).isGreaterThan(sign(KEY).length); // it adds signingTime
    verify(message, CONTENT, KEY);
  }

  @Test
  void whatOpensslWritesOutsideTheProfile() throws Exception {
    Openssl.require();
    prepare();
    assertThat(refusal(opensslSign(List.of("-noattr")))).isEqualTo("no signed attributes");
    assertThat(refusal(opensslSign(List.of(), "-nocerts")))
        .isEqualTo("carries certificates or CRLs");
    assertThat(refusal(opensslSign(List.of(), "-keyid")))
        .isEqualTo("the signer is not named by subject key identifier");
    assertThat(refusal(opensslSign(List.of(), "-nosmimecap")))
        .isEqualTo("differs from the profile's encoding of the same values");
    assertThat(refusal(opensslSign(List.of("-nodetach"))))
        .isEqualTo("carries its content: not detached");
    assertThat(refusal(opensslSign(List.of("-md", "sha256"), "-md")))
        .isEqualTo("algorithms are not SHA-384 and ecdsa-p384");
    assertThat(refusal(opensslSign(List.of(), "-econtent_type")))
        .isEqualTo("eContentType 1.2.840.113549.1.7.1 is not a bundle's manifest");
    assertThat(refusal(opensslSign(List.of("-nodetach", "-stream"))))
        .isEqualTo("indefinite length: BER, not DER");
  }

  @Test
  void aSecondSigner() throws Exception {
    Openssl.require();
    prepare();
    write("mallory", Samples.MALLORY);
    Openssl.succeed(
        directory,
        "cms",
        "-resign",
        "-binary",
        "-md",
        "sha384",
        "-nosmimecap",
        "-keyid",
        "-nocerts",
        "-inform",
        "DER",
        "-in",
        writeMessage(sign(KEY)),
        "-content",
        "manifest.json",
        "-signer",
        "mallory.crt",
        "-inkey",
        "mallory.pem",
        "-passin",
        "pass:secret word",
        "-outform",
        "DER",
        "-out",
        "two.p7s");
    assertThat(refusal(Files.readAllBytes(directory.resolve("two.p7s"))))
        .isEqualTo("2 signers, not one");
  }

  /** The forgery that plain openssl 3.0 calls successful. */
  @Test
  void strippedAttributesAsContent() throws Exception {
    byte[] message = sign(KEY);
    ASN1Set attributes =
        Cms.attributes(
            ContentType.MANIFEST,
            Profile.of(Algorithm.ECDSA_P384).digest(CONTENT),
            Optional.empty(),
            false);
    byte[] content = Cms.der(attributes);
    byte[] stripped = withoutAttributes(message, content.length);
    assertThat(content[0]).isEqualTo((byte) 0x31);

    CmsException refusal =
        catchThrowableOfType(CmsException.class, () -> verify(stripped, content, KEY));
    assertThat(refusal).hasMessage("the content is not a JSON object");
    assertThat(refusal(stripped)).isEqualTo("no signed attributes");

    Openssl.require();
    prepare();
    Files.write(directory.resolve("forged.p7s"), stripped);
    Files.write(directory.resolve("forged"), content);
    assertThat(Openssl.cmsVerify(directory, "forged.p7s", "forged", "alice.crt").output())
        .containsIgnoringCase("verification successful");
  }

  @Test
  void aTrailingByte() throws Exception {
    byte[] message = sign(KEY);
    byte[] longer = Arrays.copyOf(message, message.length + 1);
    assertThat(refusal(longer)).isEqualTo("bytes behind the message");

    Openssl.require();
    prepare();
    Files.write(directory.resolve("long.p7s"), longer);
    assertThat(Openssl.cmsVerify(directory, "long.p7s", "manifest.json", "alice.crt").output())
        .containsIgnoringCase("verification successful");
  }

  @Test
  void otherContent() throws Exception {
    assertThat(kind(sign(KEY), "{}".getBytes(StandardCharsets.UTF_8), KEY)).isEqualTo(Kind.INVALID);
  }

  @Test
  void anotherKey() throws Exception {
    assertThat(kind(sign(Samples.MALLORY), CONTENT, KEY)).isEqualTo(Kind.SIGNER);
    byte[] lying =
        CmsSigner.attach(
            CONTENT,
            ContentType.MANIFEST,
            Algorithm.ECDSA_P384,
            KEY.subjectKeyIdentifier(),
            Samples.MALLORY.sign(
                CmsSigner.attributes(CONTENT, ContentType.MANIFEST, Algorithm.ECDSA_P384, false)),
            false);
    assertThat(kind(lying, CONTENT, KEY)).isEqualTo(Kind.INVALID);
  }

  @Test
  void anyBitOfAMessageFlipped() throws Exception {
    byte[] message = sign(KEY);
    for (int i = 0; i < message.length; i++) {
      message[i] ^= (byte) (1 << (i % 8));
      assertThat(kind(message, CONTENT, KEY)).isNotNull();
      message[i] ^= (byte) (1 << (i % 8));
    }
  }

  /** A tag of another class was once an exception of Bouncy Castle's. */
  @Test
  @Tag("slow")
  void anyByteOfAMessageReplaced() throws Exception {
    byte[] message = sign(KEY);
    for (int i = 0; i < message.length; i++) {
      byte original = message[i];
      for (int value = 0; value < 256; value++) {
        if ((byte) value != original) {
          message[i] = (byte) value;
          assertThat(kind(message, CONTENT, KEY)).isNotNull();
        }
      }
      message[i] = original;
    }
  }

  @Property(tries = 500)
  void damagedMessagesAreRefusedNotCrashedOn(
      @ForAll int at, @ForAll byte value, @ForAll int cut, @ForAll boolean grow) throws Exception {
    byte[] message = sign(KEY);
    byte[] damaged =
        grow ? message.clone() : Arrays.copyOf(message, Math.floorMod(cut, message.length));
    if (damaged.length > 0) {
      damaged[Math.floorMod(at, damaged.length)] = value;
    }
    if (!Arrays.equals(damaged, message)) {
      assertThat(kind(damaged, CONTENT, KEY)).isNotNull();
    }
  }

  @Property(tries = 500)
  void anyBytesAreRefused(@ForAll byte[] bytes) {
    assertThat(kind(bytes, CONTENT, KEY)).isEqualTo(Kind.PROFILE);
  }

  @Test
  void deepNestingIsRefusedBeforeItIsParsed() {
    byte[] deep = HexFormat.of().parseHex("3080".repeat(2000));
    assertThat(refusal(deep)).isEqualTo("indefinite length: BER, not DER");
    byte[] nested = {0x30, 0};
    while (nested.length < 100) {
      byte[] outer = new byte[nested.length + 2];
      outer[0] = 0x30;
      outer[1] = (byte) nested.length;
      System.arraycopy(nested, 0, outer, 2, nested.length);
      nested = outer;
    }
    assertThat(refusal(nested)).isEqualTo("nested deeper than 16");
  }

  private static byte[] sign(OperatorKey key) throws KeyException {
    return CmsSigner.sign(CONTENT, ContentType.MANIFEST, key, false);
  }

  private static void verify(byte[] message, byte[] content, OperatorKey key) throws CmsException {
    PinnedKey pinned = key == KEY ? PINNED : key.pinned();
    CmsVerifier.verify(message, content, ContentType.MANIFEST, pinned);
  }

  private static Kind kind(byte[] message, byte[] content, OperatorKey key) {
    CmsException refusal =
        catchThrowableOfType(CmsException.class, () -> verify(message, content, key));
    assertThat(refusal).isNotNull();
    return refusal.kind();
  }

  private static String refusal(byte[] message) {
    CmsException refusal =
        catchThrowableOfType(CmsException.class, () -> verify(message, CONTENT, KEY));
    assertThat(refusal).isNotNull();
    return refusal.getMessage();
  }

  private void prepare() throws Exception {
    Files.write(directory.resolve("manifest.json"), CONTENT);
    if (!Files.exists(directory.resolve("alice.pem"))) {
      write("alice", KEY);
    }
  }

  private void write(String name, OperatorKey key) throws Exception {
    try (Passphrase passphrase = Passphrase.of("secret word".toCharArray())) {
      Path file = directory.resolve(name + ".pem");
      KeyFiles.write(file, key, passphrase);
      Files.move(KeyFiles.certificateOf(file), directory.resolve(name + ".crt"));
    }
  }

  private String writeMessage(byte[] message) throws Exception {
    Files.write(directory.resolve("one.p7s"), message);
    return "one.p7s";
  }

  /** The command of docs/bundle-format.md, with options added and others left out. */
  private byte[] opensslSign(List<String> added, String... without) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "cms",
                "-sign",
                "-binary",
                "-md",
                "sha384",
                "-nosmimecap",
                "-keyid",
                "-nocerts",
                "-econtent_type",
                ContentType.MANIFEST.oid(),
                "-in",
                "manifest.json",
                "-signer",
                "alice.crt",
                "-inkey",
                "alice.pem",
                "-passin",
                "pass:secret word",
                "-outform",
                "DER",
                "-out",
                "o.p7s"));
    for (String option : without) {
      int at = command.indexOf(option);
      command.remove(at);
      if (option.equals("-md") || option.equals("-econtent_type")) {
        command.remove(at);
      }
    }
    command.addAll(added);
    Openssl.succeed(directory, command.toArray(String[]::new));
    return Files.readAllBytes(directory.resolve("o.p7s"));
  }

  /** Cuts the [0] attributes out of the SignerInfo and corrects the lengths around. */
  private static byte[] withoutAttributes(byte[] message, int attributesLength) {
    var outer = org.bouncycastle.asn1.cms.ContentInfo.getInstance(message);
    var signed = org.bouncycastle.asn1.cms.SignedData.getInstance(outer.getContent());
    var signer =
        org.bouncycastle.asn1.cms.SignerInfo.getInstance(signed.getSignerInfos().getObjectAt(0));
    var bare =
        new org.bouncycastle.asn1.cms.SignerInfo(
            signer.getSID(),
            signer.getDigestAlgorithm(),
            (ASN1Set) null,
            signer.getDigestEncryptionAlgorithm(),
            signer.getEncryptedDigest(),
            (ASN1Set) null);
    byte[] stripped =
        Cms.der(
            new org.bouncycastle.asn1.cms.ContentInfo(
                org.bouncycastle.asn1.cms.CMSObjectIdentifiers.signedData,
                new org.bouncycastle.asn1.cms.SignedData(
                    signed.getDigestAlgorithms(),
                    signed.getEncapContentInfo(),
                    null,
                    null,
                    new org.bouncycastle.asn1.DERSet(bare))));
    assertThat(stripped.length).isLessThanOrEqualTo(message.length - attributesLength);
    return stripped;
  }
}
