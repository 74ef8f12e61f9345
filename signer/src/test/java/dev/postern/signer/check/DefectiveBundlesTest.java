package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.Json;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.BundleRequest;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.bundle.Ustar;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.statement.Subject;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.trust.Floor;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles that are good but for one thing, each refused, and for exactly that. */
class DefectiveBundlesTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final OperatorKey ALICE = Samples.ALICE;
  private static final OperatorKey BOB = key("bob", Algorithm.ECDSA_P384);
  private static final OperatorKey BOB_PQ = key("bob", Algorithm.ML_DSA_65);
  private static final Trust TRUST = Samples.trust(ALICE, BOB, BOB_PQ);
  private static final String OTHER = "0".repeat(96);
  private static final String CODE = "payload/code/tx.gate.bin";
  private static final String EVIDENCE = "evidence/destination-approved.smt2";

  /** A bundle, whom it is shown to and when, and why it must be refused. */
  record Defect(String name, byte[] archive, Trust trust, Occasion occasion, List<Reason> reasons) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Defect> DEFECTS = new ArrayList<>();

  @ParameterizedTest(name = "{0}")
  @MethodSource("defects")
  void isRefusedForThatAlone(Defect defect) {
    Check check = BundleChecker.check(defect.archive, defect.trust, defect.occasion);
    assertThat(check).isInstanceOf(Check.Refused.class);
    assertThat(((Check.Refused) check).refusals())
        .extracting(Refusal::reason)
        .as("%s", check)
        .isEqualTo(defect.reasons);
  }

  @Test
  void withoutADefectItIsTrusted() throws Exception {
    Occasion now = Occasion.at(NOW);
    byte[] good = good();
    assertThat(BundleChecker.check(good, TRUST, now)).isInstanceOf(Check.Trusted.class);
    assertThat(BundleChecker.check(good, TRUST, after(7, Bundle.read(good).id())))
        .as("the same again")
        .isInstanceOf(Check.Trusted.class);
    assertThat(BundleChecker.check(good, TRUST, after(6, OTHER).forPolicySet("fw-to-nat")))
        .isInstanceOf(Check.Trusted.class);
    byte[] both = Bundles.sign(Bundles.sign(Bundle.read(good), BOB), BOB_PQ).bytes();
    assertThat(BundleChecker.check(both, with(2, 1, TRUST), now))
        .as("two persons, one post-quantum")
        .isInstanceOf(Check.Trusted.class);
    Terms instead = new Terms(0, Optional.empty(), Optional.empty(), 1, 1, Optional.of(OTHER), 0);
    assertThat(BundleChecker.check(terms(instead), TRUST, after(6, OTHER)))
        .as("in the place of what is here")
        .isInstanceOf(Check.Trusted.class);
    assertThat(BundleChecker.check(terms(instead), TRUST, now))
        .as("where nothing is here")
        .isInstanceOf(Check.Trusted.class);
    assertThat(
            BundleChecker.check(
                good, TRUST, now.after("nat-to-fw", new Standing(Long.MAX_VALUE, OTHER))))
        .as("beside a later version of another set")
        .isInstanceOf(Check.Trusted.class);
    byte[] dated = terms("2026-05-01T00:00:00Z", "2026-10-01T00:00:00Z");
    assertThat(BundleChecker.check(dated, limited(180), now)).isInstanceOf(Check.Trusted.class);
    long count = defects().count();
    System.out.println(count + " defective bundles, each refused for its defect alone");
    assertThat(count).isGreaterThanOrEqualTo(60);
  }

  /** The order of the steps is the one in which the first reason is to be looked for. */
  @Test
  void everyReasonIsSaidInTheOrderOfTheSteps() throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Bundle.read(good()).members());
    members.remove(EVIDENCE);
    members.put("evidence/more.smt2", Bytes.of((byte) 'x'));
    Check check =
        BundleChecker.check(
            Ustar.write(members),
            with(2, 0, floors(9, 0, "")),
            after(8, OTHER).forPolicySet("nat-to-fw"));
    assertThat(((Check.Refused) check).refusals())
        .extracting(Refusal::reason)
        .containsExactly(
            Reason.THRESHOLD,
            Reason.POLICY_SET,
            Reason.BELOW_FLOOR,
            Reason.NOT_NEWER,
            Reason.MEMBER_MISSING,
            Reason.MEMBER_UNLISTED);
  }

  static Stream<Defect> defects() throws Exception {
    if (DEFECTS.isEmpty()) {
      archives();
      manifests();
      files();
      contents();
      signatures();
      trusts();
      times();
    }
    return DEFECTS.stream();
  }

  private static void archives() throws Exception {
    byte[] good = good();
    archive("empty", new byte[0]);
    archive("a byte short", Arrays.copyOf(good, good.length - 1));
    archive("a block short", Arrays.copyOf(good, good.length - 512));
    archive("a block too long", Arrays.copyOf(good, good.length + 512));
    byte[] garbage = Arrays.copyOf(good, good.length + 512);
    garbage[garbage.length - 1] = 1;
    archive("garbage behind the end", garbage);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(new byte[1 << 20]);
    }
    archive("compressed zeros", packed.toByteArray());
    header("a symbolic link", h -> h[156] = '2');
    header("a hard link", h -> h[156] = '1');
    header("a device", h -> h[156] = '3');
    header("a directory", h -> h[156] = '5');
    header("a pax header", h -> h[156] = 'x');
    header("a GNU long name", h -> h[156] = 'L');
    header("path traversal", h -> put(h, 0, "../../etc/passwd"));
    header("an absolute path", h -> put(h, 0, "/etc/passwd"));
    header("a hidden file", h -> put(h, 0, ".profile"));
    header("an empty segment", h -> put(h, 0, "a//b"));
    header("a name with a newline", h -> put(h, 0, "a\nb"));
    header("a huge size", h -> put(h, 124, "77777777777"));
    header("a size in base 256", h -> h[124] = (byte) 0x80);
    header("a size past the end", h -> put(h, 124, "00007777777"));
    header("an executable mode", h -> put(h, 100, "0000755"));
    header("an owner", h -> put(h, 108, "0001750"));
    header("a time", h -> put(h, 136, "14000000000"));
    header("an owner's name", h -> put(h, 265, "root"));
    header("GNU's magic", h -> put(h, 257, "ustar  "));
    header("a prefix", h -> put(h, 345, "deeper"));
    byte[] sum = good.clone();
    sum[150] ^= 1;
    archive("a wrong header sum", sum);
    int second = 512 + ((size(good, 0) + 511) & -512);
    byte[] padding = good.clone();
    padding[second - 1] = 1;
    archive("padding that is not zero", padding);
    byte[] twice = new byte[good.length + second];
    System.arraycopy(good, 0, twice, 0, second);
    System.arraycopy(good, 0, twice, second, good.length);
    archive("a duplicate entry", twice);
    byte[] swapped = new byte[good.length];
    int third = second + 512 + ((size(good, second) + 511) & -512);
    System.arraycopy(good, second, swapped, 0, third - second);
    System.arraycopy(good, 0, swapped, third - second, second);
    System.arraycopy(good, third, swapped, third, good.length - third);
    archive("entries in another order", swapped);
  }

  private static void manifests() throws Exception {
    defect("no manifest", without(Bundle.MANIFEST), Reason.MANIFEST_MISSING);
    manifest("an unknown member", m -> m.replace("{\"_type\"", "{\"x\":1,\"_type\""));
    manifest("an unknown claim", m -> m.replace("\"policySet\"", "\"note\":\"x\",\"policySet\""));
    manifest(
        "a member twice", m -> m.replace("\"minLoader\":1", "\"minLoader\":1,\"minLoader\":1"));
    manifest(
        "deep JSON",
        m ->
            m.replace(
                "\"slsaVersion\":\"1.0\"", "\"slsaVersion\":" + "[".repeat(99) + "]".repeat(99)));
    manifest("another type", m -> m.replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v2"));
    manifest("another predicate", m -> m.replace("urn:postern:bundle:1", "urn:postern:bundle:2"));
    manifest("another format", m -> m.replace("postern.bundle/1", "postern.bundle/2"));
    manifest("a fraction", m -> m.replace("\"minLoader\":1", "\"minLoader\":1.5"));
    manifest("a number as text", m -> m.replace("\"minLoader\":1", "\"minLoader\":\"1\""));
    manifest("a missing term", m -> m.replace("\"trustVersion\":0,", ""));
    manifest("a negative epoch", m -> m.replace("\"securityEpoch\":0", "\"securityEpoch\":-1"));
    manifest(
        "a date that is none",
        m -> m.replace("\"minLoader\"", "\"expires\":\"2026-02-30T00:00:00Z\",\"minLoader\""));
    manifest(
        "expiry before the beginning",
        m ->
            m.replace(
                "\"minLoader\"",
                "\"notBefore\":\"2026-02-03T00:00:00Z\",\"expires\":\"2026-02-02T00:00:00Z\",\"minLoader\""));
    manifest("text behind the object", m -> m + " ");
    claim("another version", m -> m.replace("\"version\":7", "\"version\":8"));
    claim(
        "the largest version", m -> m.replace("\"version\":7", "\"version\":9223372036854775807"));
    claim(
        "another policy set",
        m -> m.replace("\"policySet\":\"fw-to-nat\"", "\"policySet\":\"other\""));
    claim("rules said to be missing", m -> m.replace("\"missing\":[]", "\"missing\":[\"x\"]"));
    claim("a result that is none", m -> m.replace("\"PASSED\"", "\"FAILED\""));
    claim(
        "a level more",
        m -> m.replace("\"POSTERN_MEDIATION\"", "\"POSTERN_MEDIATION\",\"SLSA_BUILD_LEVEL_3\""));
    claim(
        "other approved pages",
        m -> m.replaceFirst("(\"approvedPagesDigest\":\\{\"sha256\":\").", "$1_"));
    claim(
        "an assumption less",
        m -> m.replaceFirst("\"assumptions\":\\[.*?\\]", "\"assumptions\":[]"));
  }

  private static void files() throws Exception {
    defect("an extra file", plus("evidence/more.smt2", "x"), Reason.MEMBER_UNLISTED);
    defect("a file beside the signatures", plus("sig/readme", "x"), Reason.MEMBER_UNLISTED);
    defect("a missing file", without(EVIDENCE), Reason.MEMBER_MISSING);
    defect("a changed source", plus(Bundle.SOURCE, "policy x\n"), Reason.DIGEST_MISMATCH);
    defect("changed evidence", plus(EVIDENCE, "(check-sat)"), Reason.DIGEST_MISMATCH);
    defect("changed code", plus(CODE, "\u00cc"), Reason.DIGEST_MISMATCH);
    defect(
        "a listed size",
        manifest(m -> m.replaceFirst("\"size\":\\d+", "\"size\":1")),
        Reason.DIGEST_MISMATCH);
    defect("an upper-case digest", manifest(m -> upper(m)), Reason.DIGEST_MISMATCH);
    defect(
        "a subject twice",
        manifest(m -> m.replaceFirst("\"subject\":\\[(\\{.*?\\}\\}),", "\"subject\":[$1,$1,")),
        Reason.MANIFEST_MALFORMED);
  }

  private static void contents() throws Exception {
    defect(
        "a policy in another spelling",
        file(Bundle.POLICY, p -> p.replace("{\"schema", "{ \"schema")),
        Reason.POLICY_MALFORMED);
    defect(
        "a policy that is none",
        file(Bundle.POLICY, p -> p.replace("\"r-x wb", "\"r?x wb")),
        Reason.POLICY_MALFORMED);
    defect(
        "a report that is none",
        file(Bundle.REPORT, r -> r.replace("postern.report/1", "postern.report/9")),
        Reason.REPORT_MALFORMED);
    defect("code of another policy", file(CODE, c -> "A" + c.substring(1)), Reason.CODE_MISMATCH);
    Report proved = Samples.report(Samples.policy(), List.of());
    defect(
        "a finding that is unknown",
        report(
            findings(proved, Samples.finding("bounded", Verdict.UNKNOWN, Optional.of("time-out")))),
        Reason.NOT_PROVED);
    defect(
        "a waiver the policy has not",
        report(
            findings(proved, Samples.finding("landing-safe", Verdict.WAIVED, Optional.of("no")))),
        Reason.NOT_PROVED);
    defect("no finding", report(findings(proved)), Reason.NOT_PROVED);
    defect(
        "an outcome that is unknown", report(outcome(proved, Verdict.UNKNOWN)), Reason.NOT_PROVED);
    defect(
        "a report of another policy",
        report(about(proved, "0".repeat(64))),
        Reason.REPORT_MISMATCH);
    add(
        "a waiver the trust does not allow",
        good(),
        new Trust(
            1,
            TRUST.expires(),
            0,
            Optional.empty(),
            300,
            TRUST.roles(),
            TRUST.keys(),
            new TreeSet<>(),
            new TreeMap<>(),
            new TreeSet<>()),
        Reason.WAIVER);
  }

  private static void signatures() throws Exception {
    Bundle unsigned = Samples.unsigned();
    byte[] message = Bundles.signature(unsigned, ALICE, false).toArray();
    byte[] manifest = unsigned.member(Bundle.MANIFEST).orElseThrow().toArray();
    defect("no signature", unsigned.bytes(), Reason.UNSIGNED);
    defect(
        "a stranger's signature",
        Bundles.sign(unsigned, Samples.MALLORY).bytes(),
        Reason.SIGNER_UNKNOWN);
    defect(
        "a stranger's signature beside",
        Bundles.sign(Bundle.read(good()), Samples.MALLORY).bytes(),
        Reason.SIGNER_UNKNOWN);
    signature(
        "a signature in another's name",
        Bundles.signature(unsigned, Samples.MALLORY, false).toArray(),
        Reason.SIGNER_UNKNOWN);
    Bundle other =
        Samples.created(Samples.request(Samples.report(Samples.policy(), List.of("bounded"))));
    signature(
        "a signature of another bundle",
        Bundles.signature(other, ALICE, false).toArray(),
        Reason.SIGNATURE_INVALID);
    signature(
        "another key's bytes",
        CmsSigner.attach(
            manifest,
            ContentType.MANIFEST,
            Algorithm.ECDSA_P384,
            ALICE.subjectKeyIdentifier(),
            BOB.sign(
                CmsSigner.attributes(manifest, ContentType.MANIFEST, Algorithm.ECDSA_P384, false)),
            false),
        Reason.SIGNATURE_INVALID);
    byte[] flipped = message.clone();
    flipped[flipped.length - 1] ^= 1;
    signature("a flipped bit", flipped, Reason.SIGNATURE_INVALID);
    signature(
        "an unattended mark that was not signed",
        CmsSigner.attach(
            manifest,
            ContentType.MANIFEST,
            Algorithm.ECDSA_P384,
            ALICE.subjectKeyIdentifier(),
            ALICE.sign(
                CmsSigner.attributes(manifest, ContentType.MANIFEST, Algorithm.ECDSA_P384, false)),
            true),
        Reason.SIGNATURE_INVALID);
    signature("no message", "hello".getBytes(StandardCharsets.US_ASCII), Reason.SIGNATURE_PROFILE);
    signature("an empty message", new byte[0], Reason.SIGNATURE_PROFILE);
    signature(
        "a trailing byte", Arrays.copyOf(message, message.length + 1), Reason.SIGNATURE_PROFILE);
    signature(
        "a message cut short",
        Arrays.copyOf(message, message.length - 1),
        Reason.SIGNATURE_PROFILE);
    byte[] ber = new byte[message.length + 2];
    int head = message[1] == (byte) 0x82 ? 4 : 3;
    ber[0] = 0x30;
    ber[1] = (byte) 0x80;
    System.arraycopy(message, head, ber, 2, message.length - head);
    signature("BER", Arrays.copyOf(ber, message.length - head + 4), Reason.SIGNATURE_PROFILE);
    signature(
        "a signature of a trust",
        CmsSigner.sign(manifest, ContentType.TRUST, ALICE, false),
        Reason.SIGNATURE_PROFILE);
    signature(
        "a message of another algorithm",
        CmsSigner.sign(manifest, ContentType.MANIFEST, BOB_PQ, false),
        Reason.SIGNATURE_PROFILE);
    signature("a message too long", new byte[5000], Reason.SIGNATURE_PROFILE);
  }

  private static void trusts() throws Exception {
    byte[] good = good();
    Bundle signed = Bundle.read(good);
    add("one of two persons", good, with(2, 0, TRUST), Reason.THRESHOLD);
    byte[] bobTwice = Bundles.sign(Bundles.sign(Samples.unsigned(), BOB), BOB_PQ).bytes();
    add("the same person twice", bobTwice, with(2, 0, TRUST), Reason.THRESHOLD);
    add(
        "no post-quantum signature",
        Bundles.sign(signed, BOB).bytes(),
        with(2, 1, TRUST),
        Reason.POST_QUANTUM);
    add(
        "a revoked key",
        good,
        key(ALICE, Optional.empty(), TrustedKey.State.REVOKED),
        Reason.KEY_REVOKED,
        Reason.THRESHOLD);
    add(
        "a key out of date",
        good,
        key(ALICE, Optional.of(NOW.minusSeconds(301)), TrustedKey.State.ACTIVE),
        Reason.KEY_EXPIRED,
        Reason.THRESHOLD);
    Role bob = new Role(1, 0, List.of(BOB.keyId()));
    Trust roles =
        new Trust(
            1,
            TRUST.expires(),
            0,
            Optional.empty(),
            300,
            Map.of(
                Role.Name.ROOT, TRUST.role(Role.Name.ROOT).orElseThrow(), Role.Name.OPERATOR, bob),
            TRUST.keys(),
            TRUST.waivers(),
            new TreeMap<>(),
            new TreeSet<>());
    add("a key of another role", good, roles, Reason.ROLE, Reason.THRESHOLD);
    add("a revoked bundle", good, floors(0, 0, signed.id()), Reason.REVOKED);
    add("a version below the floor", good, floors(8, 0, ""), Reason.BELOW_FLOOR);
    add("an epoch below the floor", good, floors(0, 1, ""), Reason.EPOCH_BELOW_FLOOR);
    Terms two = new Terms(0, Optional.empty(), Optional.empty(), 1, 2, Optional.empty(), 0);
    add("fewer persons than the bundle asks for", terms(two), TRUST, Reason.THRESHOLD);
    Terms later = new Terms(0, Optional.empty(), Optional.empty(), 1, 1, Optional.empty(), 2);
    add("a trust too old for the bundle", terms(later), TRUST, Reason.TRUST_TOO_OLD);
    Terms newer = new Terms(0, Optional.empty(), Optional.empty(), 2, 1, Optional.empty(), 0);
    add("a loader too old for the bundle", terms(newer), TRUST, Reason.LOADER_TOO_OLD);
  }

  private static void times() throws Exception {
    byte[] good = good();
    Occasion now = Occasion.at(NOW);
    DEFECTS.add(
        new Defect(
            "an expired trust",
            good,
            TRUST,
            Occasion.at(Samples.UNTIL.plusSeconds(300)),
            List.of(Reason.TRUST_EXPIRED)));
    add("expired", terms("2026-01-01T00:00:00Z", "2026-05-31T23:55:00Z"), TRUST, Reason.EXPIRED);
    add(
        "not yet valid",
        terms("2026-06-01T00:05:01Z", "2026-07-01T00:00:00Z"),
        TRUST,
        Reason.NOT_YET_VALID);
    add(
        "valid for too long",
        terms("2026-05-01T00:00:00Z", "2026-10-29T00:00:00Z"),
        limited(180),
        Reason.VALIDITY_TOO_LONG);
    add("valid for ever", good, limited(180), Reason.VALIDITY_TOO_LONG);
    DEFECTS.add(
        new Defect(
            "another policy set",
            good,
            TRUST,
            now.forPolicySet("nat-to-fw"),
            List.of(Reason.POLICY_SET)));
    DEFECTS.add(
        new Defect("an older version", good, TRUST, after(8, OTHER), List.of(Reason.NOT_NEWER)));
    DEFECTS.add(
        new Defect(
            "the same version of another bundle",
            good,
            TRUST,
            after(7, OTHER),
            List.of(Reason.NOT_NEWER)));
    DEFECTS.add(
        new Defect(
            "in the place of another bundle than the one that is here",
            terms(
                new Terms(
                    0, Optional.empty(), Optional.empty(), 1, 1, Optional.of("1".repeat(96)), 0)),
            TRUST,
            after(6, OTHER),
            List.of(Reason.SUPERSEDES)));
    DEFECTS.add(
        new Defect(
            "behind a version run up to the top",
            good,
            TRUST,
            after(Long.MAX_VALUE, OTHER),
            List.of(Reason.NOT_NEWER)));
  }

  private static Occasion after(long version, String id) {
    return Occasion.at(NOW).after("fw-to-nat", new Standing(version, id));
  }

  private static void archive(String name, byte[] archive) {
    add(name, archive, TRUST, Reason.ARCHIVE_MALFORMED);
  }

  /** Changes the header of the first member and corrects its sum, so that nothing else is wrong. */
  private static void header(String name, Consumer<byte[]> change) throws Exception {
    byte[] archive = good();
    byte[] header = Arrays.copyOf(archive, 512);
    change.accept(header);
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    System.arraycopy(header, 0, archive, 0, 512);
    archive(name, archive);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static int size(byte[] archive, int at) {
    return Integer.parseInt(new String(archive, at + 124, 11, StandardCharsets.US_ASCII), 8);
  }

  private static void manifest(String name, UnaryOperator<String> change) throws Exception {
    defect(name, manifest(change), Reason.MANIFEST_MALFORMED);
  }

  private static void claim(String name, UnaryOperator<String> change) throws Exception {
    defect(name, manifest(change), Reason.CLAIM_MISMATCH);
  }

  private static void signature(String name, byte[] message, Reason reason) throws Exception {
    defect(
        name, Samples.unsigned().withSignature(ALICE.keyId(), Bytes.of(message)).bytes(), reason);
  }

  private static void defect(String name, byte[] archive, Reason reason) {
    add(name, archive, TRUST, reason);
  }

  private static void add(String name, byte[] archive, Trust trust, Reason... reasons) {
    DEFECTS.add(new Defect(name, archive, trust, Occasion.at(NOW), List.of(reasons)));
  }

  private static byte[] good() throws Exception {
    return Bundles.sign(Samples.unsigned(), ALICE).bytes();
  }

  /** A manifest that somebody trusted signed all the same. */
  private static byte[] manifest(UnaryOperator<String> change) throws Exception {
    String before = text(Samples.unsigned().member(Bundle.MANIFEST).orElseThrow());
    String after = change.apply(before);
    assertThat(after).isNotEqualTo(before);
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().members());
    members.put(Bundle.MANIFEST, Bytes.of(after.getBytes(StandardCharsets.ISO_8859_1)));
    return Bundles.sign(new Bundle(members), ALICE).bytes();
  }

  private static String upper(String manifest) {
    var digest = java.util.regex.Pattern.compile("\"sha256\":\"([0-9a-f]{64})\"").matcher(manifest);
    assertThat(digest.find()).isTrue();
    String value = digest.group(1);
    return manifest.replaceFirst(value, value.toUpperCase(java.util.Locale.ROOT));
  }

  /** Another file, listed as it is, in a predicate of the right policy, signed. */
  private static byte[] file(String name, UnaryOperator<String> change) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().listed());
    String before = text(members.get(name));
    String after = change.apply(before);
    assertThat(after).isNotEqualTo(before);
    members.put(name, Bytes.of(after.getBytes(StandardCharsets.ISO_8859_1)));
    return signed(members, Samples.report(Samples.policy(), List.of()));
  }

  private static byte[] report(Report report) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().listed());
    members.put(Bundle.REPORT, Bytes.of(JsonWriter.canonical(ReportJson.write(report))));
    return signed(members, report);
  }

  private static byte[] signed(SortedMap<String, Bytes> members, Report report) throws Exception {
    Json predicate =
        Predicate.write(
            Samples.policy(),
            report,
            new Predicate.Said(Samples.request().tool(), Terms.NONE),
            new Bundle(members).files());
    SortedMap<String, Bytes> all = new TreeMap<>(members);
    Statement statement = new Statement(Subject.of(members), predicate);
    all.put(Bundle.MANIFEST, Bytes.of(JsonWriter.canonical(statement.write())));
    return Bundles.sign(new Bundle(all), ALICE).bytes();
  }

  private static byte[] without(String name) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Bundle.read(good()).members());
    assertThat(members.remove(name)).isNotNull();
    return Ustar.write(members);
  }

  private static byte[] plus(String name, String content) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Bundle.read(good()).members());
    members.put(name, Bytes.of(content.getBytes(StandardCharsets.ISO_8859_1)));
    return Ustar.write(members);
  }

  private static byte[] terms(String notBefore, String expires) throws Exception {
    return terms(
        new Terms(
            0,
            Optional.of(Instant.parse(notBefore)),
            Optional.of(Instant.parse(expires)),
            1,
            1,
            Optional.empty(),
            0));
  }

  private static byte[] terms(Terms terms) throws Exception {
    BundleRequest r = Samples.request();
    return Bundles.sign(
            Samples.created(
                new BundleRequest(
                    r.policy(),
                    r.report(),
                    r.source(),
                    r.attachments(),
                    r.plan(),
                    r.evidence(),
                    r.tool(),
                    terms)),
            ALICE)
        .bytes();
  }

  private static Trust with(int threshold, int postQuantum, Trust trust) {
    Role role =
        new Role(threshold, postQuantum, trust.role(Role.Name.OPERATOR).orElseThrow().keys());
    return new Trust(
        1,
        trust.expires(),
        0,
        Optional.empty(),
        300,
        Map.of(Role.Name.ROOT, role, Role.Name.OPERATOR, role),
        trust.keys(),
        trust.waivers(),
        trust.floors(),
        trust.revokedBundles());
  }

  private static Trust limited(int days) {
    return new Trust(
        1,
        TRUST.expires(),
        0,
        Optional.of(days),
        300,
        TRUST.roles(),
        TRUST.keys(),
        TRUST.waivers(),
        new TreeMap<>(),
        new TreeSet<>());
  }

  private static Trust floors(long version, long epoch, String revoked) {
    TreeSet<String> ids = new TreeSet<>();
    if (!revoked.isEmpty()) {
      ids.add(revoked);
    }
    return new Trust(
        1,
        TRUST.expires(),
        0,
        Optional.empty(),
        300,
        TRUST.roles(),
        TRUST.keys(),
        TRUST.waivers(),
        new TreeMap<>(Map.of("fw-to-nat", new Floor("fw-to-nat", version, epoch))),
        ids);
  }

  private static Trust key(OperatorKey key, Optional<Instant> notAfter, TrustedKey.State state) {
    SortedMap<String, TrustedKey> keys = new TreeMap<>(TRUST.keys());
    keys.put(key.keyId(), new TrustedKey(key.pinned(), "alice", notAfter, state));
    return new Trust(
        1,
        TRUST.expires(),
        0,
        Optional.empty(),
        300,
        TRUST.roles(),
        keys,
        TRUST.waivers(),
        new TreeMap<>(),
        new TreeSet<>());
  }

  private static Report findings(Report r, Finding... findings) {
    return new Report(
        r.name(),
        r.version(),
        r.sha256(),
        r.rules(),
        r.missing(),
        r.outcome(),
        r.views(),
        List.of(findings),
        r.assumptions());
  }

  private static Report outcome(Report r, Verdict outcome) {
    return new Report(
        r.name(),
        r.version(),
        r.sha256(),
        r.rules(),
        r.missing(),
        outcome,
        r.views(),
        r.findings(),
        r.assumptions());
  }

  private static Report about(Report r, String sha256) {
    return new Report(
        r.name(),
        r.version(),
        sha256,
        r.rules(),
        r.missing(),
        r.outcome(),
        r.views(),
        r.findings(),
        r.assumptions());
  }

  private static OperatorKey key(String name, Algorithm algorithm) {
    return OperatorKey.generate(name, algorithm, Samples.FROM, Samples.UNTIL);
  }

  private static String text(Bytes bytes) {
    return new String(bytes.toArray(), StandardCharsets.ISO_8859_1);
  }
}
