package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.Json;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.BundleRequest;
import dev.postern.signer.bundle.BundleResult;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.statement.Subject;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.trust.Trust;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A good bundle is trusted; a bundle with one defect is refused, and for that defect. */
class BundleCheckerTest {

  private static final Trust PIN = Samples.trust(Samples.ALICE);
  private static final Occasion NOW = Occasion.at(Instant.parse("2026-06-01T00:00:00Z"));

  @Test
  void aSignedBundleIsTrusted() throws Exception {
    Bundle bundle = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    Check check = BundleChecker.check(bundle.bytes(), PIN, NOW);
    assertThat(check).isInstanceOf(Check.Trusted.class);
    CheckedBundle checked = ((Check.Trusted) check).bundle();
    assertThat(checked.id()).isEqualTo(bundle.id()).hasSize(96);
    assertThat(checked.signers())
        .containsExactly(
            new Signer(Samples.ALICE.keyId(), "alice", Algorithm.ECDSA_P384, true, false));
    assertThat(checked.policy().name()).isEqualTo("fw-to-nat");
    assertThat(checked.tool().solver()).isEqualTo("z3 4.14.1");
    assertThat(checked.partial()).isFalse();
  }

  @Test
  void theSameRequestGivesTheSameBytesAlsoSigned() throws Exception {
    byte[] first = Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
    byte[] second = Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
    assertThat(second).isEqualTo(first);
  }

  @Test
  void wallTimeDoesNotReachTheBundle() throws Exception {
    String report = text(Samples.unsigned(), Bundle.REPORT);
    assertThat(report).contains("\"millis\":0").doesNotContain("\"millis\":17");
  }

  @Test
  void whatIsNotProvedIsNotBundled() {
    Report proved = Samples.report(Samples.policy(), List.of());
    assertThat(Bundles.create(Samples.request(with(proved, Verdict.UNKNOWN, proved.findings()))))
        .isEqualTo(new BundleResult.Refused("the policy is unknown, not proved"));
    BundleRequest other =
        new BundleRequest(
            Samples.policy(),
            new Report(
                "x",
                1,
                "0".repeat(64),
                List.of(),
                List.of(),
                Verdict.PROVED,
                List.of(),
                proved.findings(),
                List.of()),
            Samples.text(""),
            new TreeMap<>(),
            Samples.text(""),
            new TreeMap<>(),
            Samples.request().tool(),
            Terms.NONE);
    assertThat(Bundles.create(other))
        .isEqualTo(new BundleResult.Refused("the report is about another policy"));
    BundleRequest good = Samples.request();
    BundleRequest hiding =
        new BundleRequest(
            good.policy(),
            good.report(),
            good.source(),
            good.attachments(),
            good.plan(),
            new TreeMap<>(Map.of("report.json", Samples.text("{}"))),
            good.tool(),
            Terms.NONE);
    assertThat(Bundles.create(hiding))
        .isEqualTo(new BundleResult.Refused("evidence may not take the name of the report"));
  }

  @Test
  void aPartialVerificationSaysSoInTheManifest() throws Exception {
    Bundle bundle =
        Samples.created(Samples.request(Samples.report(Samples.policy(), List.of("bounded"))));
    assertThat(text(bundle, Bundle.MANIFEST))
        .contains("\"partial\":true")
        .contains("\"missing\":[\"bounded\"]");
    Check check = BundleChecker.check(Bundles.sign(bundle, Samples.ALICE).bytes(), PIN, NOW);
    assertThat(((Check.Trusted) check).bundle().partial()).isTrue();
  }

  /** Every byte of headers, padding, signature and short files; the rest in steps. */
  @Test
  void aByteChangedIsRefused() throws Exception {
    changedBytesAreRefused(7, 61);
  }

  @Test
  @Tag("slow")
  void anyByteChangedIsRefused() throws Exception {
    changedBytesAreRefused(1, 1);
  }

  private static void changedBytesAreRefused(int manifestStep, int pageStep) throws Exception {
    Bundle bundle = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    byte[] bytes = bundle.bytes();
    int at = 0;
    int tried = 0;
    for (var member : bundle.members().entrySet()) {
      int size = member.getValue().size();
      int padded = (size + 511) & -512;
      int step =
          switch (member.getKey()) {
            case Bundle.MANIFEST -> manifestStep;
            default -> size > 600 ? pageStep : 1;
          };
      for (int i = 0; i < 512 + padded; i += i < 512 || i >= 512 + size ? 1 : step, tried++) {
        byte before = bytes[at + i];
        bytes[at + i] ^= (byte) (1 << (i % 8));
        assertThat(BundleChecker.check(bytes, PIN, NOW))
            .as("%s, byte %d", member.getKey(), i)
            .isInstanceOf(Check.Refused.class);
        bytes[at + i] = before;
      }
      at += 512 + padded;
    }
    for (int i = at; i < bytes.length; i++, tried++) {
      bytes[i] = 1;
      assertThat(BundleChecker.check(bytes, PIN, NOW)).isInstanceOf(Check.Refused.class);
      bytes[i] = 0;
    }
    assertThat(bytes.length - at).isEqualTo(1024);
    assertThat(tried).isGreaterThan(6000);
    assertThat(BundleChecker.check(bytes, PIN, NOW)).isInstanceOf(Check.Trusted.class);
  }

  @Test
  void anUnsignedBundle() {
    assertThat(reasons(Samples.unsigned())).containsExactly(Reason.UNSIGNED);
  }

  @Test
  void aSignerNobodyPinned() throws Exception {
    Bundle both = Bundles.sign(Bundles.sign(Samples.unsigned(), Samples.ALICE), Samples.MALLORY);
    assertThat(reasons(both)).containsExactly(Reason.SIGNER_UNKNOWN);
  }

  @Test
  void aSignatureUnderAnotherKeysName() throws Exception {
    Bytes mallory = Bundles.signature(Samples.unsigned(), Samples.MALLORY, false);
    Bundle forged = add(Samples.unsigned(), "sig/" + Samples.ALICE.keyId() + ".p7s", mallory);
    assertThat(reasons(forged)).containsExactly(Reason.SIGNER_UNKNOWN);
  }

  @Test
  void aSignatureOfAnotherBundle() throws Exception {
    Bundle other =
        Samples.created(Samples.request(Samples.report(Samples.policy(), List.of("bounded"))));
    Bundle forged =
        add(
            Samples.unsigned(),
            "sig/" + Samples.ALICE.keyId() + ".p7s",
            Bundles.signature(other, Samples.ALICE, false));
    assertThat(reasons(forged)).containsExactly(Reason.SIGNATURE_INVALID);
  }

  @Test
  void bytesThatAreNoSignature() {
    Bundle forged =
        add(Samples.unsigned(), "sig/" + Samples.ALICE.keyId() + ".p7s", Samples.text("hello"));
    assertThat(reasons(forged)).containsExactly(Reason.SIGNATURE_PROFILE);
  }

  @Test
  void noManifest() {
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().members());
    members.remove(Bundle.MANIFEST);
    assertThat(reasons(new Bundle(members))).containsExactly(Reason.MANIFEST_MISSING);
  }

  @Test
  void aFileTooMany() throws Exception {
    Bundle signed = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    assertThat(reasons(add(signed, "evidence/more.smt2", Samples.text("x"))))
        .containsExactly(Reason.MEMBER_UNLISTED);
    assertThat(reasons(add(signed, "sig/readme", Samples.text("x"))))
        .containsExactly(Reason.MEMBER_UNLISTED);
  }

  @Test
  void aFileMissing() throws Exception {
    SortedMap<String, Bytes> members =
        new TreeMap<>(Bundles.sign(Samples.unsigned(), Samples.ALICE).members());
    members.remove("evidence/destination-approved.smt2");
    members.remove(Bundle.PLAN);
    assertThat(reasons(new Bundle(members)))
        .containsExactly(Reason.MEMBER_MISSING, Reason.MEMBER_MISSING);
  }

  @Test
  void everyReasonOfAPhaseIsNamed() throws Exception {
    Bundle signed = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    Bundle twice =
        add(add(signed, Bundle.SOURCE, Samples.text("other")), "payload/extra", Samples.text("x"));
    assertThat(reasons(twice)).containsExactly(Reason.MEMBER_UNLISTED, Reason.DIGEST_MISMATCH);
  }

  @Test
  void aManifestThatSaysMoreThanWeUnderstand() throws Exception {
    assertThat(
            reasons(resignedManifest(m -> m.replace("\"_type\"", "\"expires\":\"x\",\"_type\""))))
        .containsExactly(Reason.MANIFEST_MALFORMED);
    assertThat(
            reasons(
                resignedManifest(
                    m -> m.replace("\"policySet\"", "\"expires\":\"2099\",\"policySet\""))))
        .containsExactly(Reason.MANIFEST_MALFORMED);
    assertThat(reasons(resignedManifest(m -> m.replace("urn:postern:bundle:1", "urn:other"))))
        .containsExactly(Reason.MANIFEST_MALFORMED);
    assertThat(reasons(resignedManifest(m -> m.replace("postern.bundle/1", "postern.bundle/2"))))
        .containsExactly(Reason.MANIFEST_MALFORMED);
  }

  @Test
  void aManifestThatClaimsAnotherVersion() throws Exception {
    assertThat(reasons(resignedManifest(m -> m.replace("\"version\":7", "\"version\":8"))))
        .containsExactly(Reason.CLAIM_MISMATCH);
    assertThat(reasons(resignedManifest(m -> m.replace("\"missing\":[]", "\"missing\":[\"x\"]"))))
        .containsExactly(Reason.CLAIM_MISMATCH);
  }

  @Test
  void aPolicyInAnotherSpelling() throws Exception {
    assertThat(reasons(resignedFile(Bundle.POLICY, p -> p.replace("{\"schema", "{ \"schema"))))
        .contains(Reason.POLICY_MALFORMED);
  }

  @Test
  void aPolicyTheReportIsNotAbout() throws Exception {
    assertThat(
            reasons(
                resignedFile(
                    Bundle.POLICY, p -> p.replace("\"leaf\":\"rw- wb", "\"leaf\":\"rwx wb"))))
        .containsExactly(Reason.REPORT_MISMATCH, Reason.CLAIM_MISMATCH);
  }

  @Test
  void codeThatIsNotThePolicys() throws Exception {
    assertThat(
            reasons(resignedFile("payload/code/tx.gate.bin", page -> page.replaceFirst("^.", "A"))))
        .containsExactly(Reason.CODE_MISMATCH);
  }

  @Test
  void aFindingThatIsNotProved() throws Exception {
    Report proved = Samples.report(Samples.policy(), List.of());
    Report hidden =
        with(
            proved,
            Verdict.PROVED,
            List.of(Samples.finding("bounded", Verdict.UNKNOWN, Optional.of("time-out"))));
    assertThat(reasons(resigned(hidden))).containsExactly(Reason.NOT_PROVED);
    Report waived =
        with(
            proved,
            Verdict.PROVED,
            List.of(Samples.finding("landing-safe", Verdict.WAIVED, Optional.of("nobody asked"))));
    assertThat(reasons(resigned(waived))).containsExactly(Reason.NOT_PROVED);
    assertThat(reasons(resigned(with(proved, Verdict.PROVED, List.of()))))
        .containsExactly(Reason.NOT_PROVED);
  }

  /** A bundle as a careless or hostile operator with a trusted key could make one. */
  private static Bundle resigned(Report report) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().listed());
    members.put(Bundle.REPORT, Bytes.of(JsonWriter.canonical(ReportJson.write(report))));
    Json predicate =
        Predicate.write(
            Samples.policy(),
            report,
            new Predicate.Said(Samples.request().tool(), Terms.NONE),
            new Bundle(members).files());
    return signed(members, predicate);
  }

  private static Bundle resignedFile(String name, UnaryOperator<String> change) throws Exception {
    SortedMap<String, Bytes> members = new TreeMap<>(Samples.unsigned().listed());
    String before = new String(members.get(name).toArray(), StandardCharsets.ISO_8859_1);
    String after = change.apply(before);
    assertThat(after).isNotEqualTo(before);
    members.put(name, Bytes.of(after.getBytes(StandardCharsets.ISO_8859_1)));
    Json predicate =
        Statement.read(Samples.unsigned().members().get(Bundle.MANIFEST).toArray()).predicate();
    return signed(members, predicate);
  }

  private static Bundle signed(SortedMap<String, Bytes> members, Json predicate) throws Exception {
    SortedMap<String, Bytes> all = new TreeMap<>(members);
    Statement statement = new Statement(Subject.of(members), predicate);
    all.put(Bundle.MANIFEST, Bytes.of(JsonWriter.canonical(statement.write())));
    return Bundles.sign(new Bundle(all), Samples.ALICE);
  }

  private static Bundle resignedManifest(UnaryOperator<String> change) throws Exception {
    String before = text(Samples.unsigned(), Bundle.MANIFEST);
    String after = change.apply(before);
    assertThat(after).isNotEqualTo(before);
    JsonReader.parse(after.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    return Bundles.sign(
        add(Samples.unsigned(), Bundle.MANIFEST, Samples.text(after)), Samples.ALICE);
  }

  private static List<Reason> reasons(Bundle bundle) {
    return switch (BundleChecker.check(bundle.bytes(), PIN, NOW)) {
      case Check.Trusted _ -> List.of();
      case Check.Refused(var refusals) -> refusals.stream().map(Refusal::reason).toList();
    };
  }

  private static Bundle add(Bundle bundle, String name, Bytes content) {
    SortedMap<String, Bytes> members = new TreeMap<>(bundle.members());
    members.put(name, content);
    return new Bundle(members);
  }

  private static Report with(Report report, Verdict outcome, List<Finding> findings) {
    return new Report(
        report.name(),
        report.version(),
        report.sha256(),
        report.rules(),
        report.missing(),
        outcome,
        report.views(),
        findings,
        report.assumptions());
  }

  private static String text(Bundle bundle, String name) {
    return new String(bundle.members().get(name).toArray(), StandardCharsets.UTF_8);
  }
}
