package dev.postern.signer.check;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.Waiver;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.statement.Subject;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Checks a bundle: archive, signatures over the raw manifest, manifest, terms, files, content. What
 * a later step needs and an earlier one did not find ends the check; everything else goes on, so
 * that every reason is said at once. A refusal is a refusal, whatever else holds. Every byte of a
 * trusted archive is either determined by its format, listed with its digest in the manifest, under
 * the signatures, or part of a signature that verified.
 */
public final class BundleChecker {

  private final Bundle bundle;
  private final Trust trust;
  private final Occasion occasion;
  private final List<Refusal> refusals = new ArrayList<>();

  private BundleChecker(Bundle bundle, Trust trust, Occasion occasion) {
    this.bundle = bundle;
    this.trust = trust;
    this.occasion = occasion;
  }

  /** Whether {@code archive} is a bundle that {@code trust} vouches for, now and here. */
  public static Check check(byte[] archive, Trust trust, Occasion occasion) {
    try {
      return new BundleChecker(Bundle.read(archive), trust, occasion).check();
    } catch (ArchiveException e) {
      return new Check.Refused(
          List.of(new Refusal(Reason.ARCHIVE_MALFORMED, String.valueOf(e.getMessage()))));
    }
  }

  /** Whether one of those keys vouches for it, at this moment. */
  public static Check check(byte[] archive, PinnedKeys keys) {
    return check(archive, Trust.of(keys), Occasion.at(Instant.now()));
  }

  private Check check() {
    if (trust.expired(occasion.now())) {
      refuse(Reason.TRUST_EXPIRED, "the trust expired at " + trust.expires().orElseThrow());
    }
    Optional<Bytes> manifest = bundle.member(Bundle.MANIFEST);
    if (manifest.isEmpty()) {
      return refused(Reason.MANIFEST_MISSING, "no " + Bundle.MANIFEST);
    }
    byte[] signed = manifest.get().toArray();
    Signatures signatures =
        Signatures.of(
            bundle.signatures(),
            signed,
            ContentType.MANIFEST,
            trust,
            Role.Name.OPERATOR,
            Map.of(),
            occasion.now());
    Statement statement;
    Predicate.Said said;
    try {
      statement = Statement.read(signed);
      said = Predicate.read(statement.predicate());
    } catch (JsonException e) {
      refusals.addAll(signatures.refusals(1));
      return refused(Reason.MANIFEST_MALFORMED, Bundle.MANIFEST + ": " + e.getMessage());
    }
    refusals.addAll(signatures.refusals(said.terms().operators()));
    refusals.addAll(new TermsCheck(trust, occasion).of(said.terms(), bundle.id()));
    return files(statement)
        ? content(statement, said, signatures.signers())
        : new Check.Refused(refusals);
  }

  /** Whether the files are those that were listed; without them there is no content to look at. */
  private boolean files(Statement statement) {
    int before = refusals.size();
    SortedMap<String, Bytes> files = bundle.listed();
    Map<String, Subject> listed = new HashMap<>();
    for (Subject subject : statement.subjects()) {
      if (listed.put(subject.name(), subject) != null) {
        refuse(Reason.MANIFEST_MALFORMED, subject.name() + " is listed twice");
      }
    }
    TreeSet<String> names = new TreeSet<>(files.keySet());
    names.addAll(listed.keySet());
    for (String name : names) {
      Bytes content = files.get(name);
      Subject subject = listed.get(name);
      if (content == null) {
        refuse(Reason.MEMBER_MISSING, name + " is not there");
      } else if (subject == null) {
        refuse(Reason.MEMBER_UNLISTED, name + " is not listed in the manifest");
      } else if (!Subject.of(name, content).equals(subject)) {
        refuse(Reason.DIGEST_MISMATCH, name + " is not the file that was signed");
      }
    }
    for (String name : List.of(Bundle.POLICY, Bundle.SOURCE, Bundle.PLAN, Bundle.REPORT)) {
      if (!names.contains(name)) {
        refuse(Reason.MEMBER_MISSING, name + " is not there");
      }
    }
    return refusals.size() == before;
  }

  private Check content(Statement statement, Predicate.Said said, List<Signer> signers) {
    Policy policy;
    try {
      policy = PolicyJson.readCanonical(file(Bundle.POLICY).toArray());
    } catch (JsonException e) {
      return refused(Reason.POLICY_MALFORMED, Bundle.POLICY + ": " + e.getMessage());
    }
    Report report;
    try {
      Json json = JsonReader.parse(file(Bundle.REPORT).toArray(), JsonLimits.DEFAULT);
      report = ReportJson.read(json).report();
    } catch (JsonException e) {
      return refused(Reason.REPORT_MALFORMED, Bundle.REPORT + ": " + e.getMessage());
    }
    refusals.addAll(new TermsCheck(trust, occasion).of(policy, said.terms(), bundle.id()));
    Json predicate = Predicate.write(policy, report, said, bundle.files());
    if (!Arrays.equals(
        JsonWriter.canonical(predicate), JsonWriter.canonical(statement.predicate()))) {
      refuse(Reason.CLAIM_MISMATCH, "the manifest's claims are not those of policy and report");
    }
    if (!bundle.code().equals(Bundle.code(policy))) {
      refuse(Reason.CODE_MISMATCH, "the code pages are not those of the policy");
    }
    proved(report, policy);
    return refusals.isEmpty()
        ? new Check.Trusted(
            new CheckedBundle(bundle.id(), signers, policy, report, said, file(Bundle.PLAN)))
        : new Check.Refused(refusals);
  }

  private void proved(Report report, Policy policy) {
    if (!report.sha256().equals(file(Bundle.POLICY).sha256())) {
      refuse(Reason.REPORT_MISMATCH, "the report is about another policy");
    }
    if (report.outcome() != Verdict.PROVED || report.findings().isEmpty()) {
      refuse(Reason.NOT_PROVED, "the report's outcome is " + report.outcome());
    }
    for (Finding finding : report.findings()) {
      boolean waived =
          finding.verdict() == Verdict.WAIVED
              && policy.waivers().stream().anyMatch(w -> w.rule().equals(finding.rule()));
      if (finding.verdict() != Verdict.PROVED && !waived) {
        refuse(
            Reason.NOT_PROVED,
            finding.rule() + " " + finding.subject() + " is " + finding.verdict());
      }
    }
    for (Waiver waiver : policy.waivers()) {
      if (!trust.waivers().contains(waiver.rule())) {
        refuse(Reason.WAIVER, waiver.rule() + " is waived, which the trust does not allow");
      }
    }
  }

  private Bytes file(String name) {
    return bundle.member(name).orElseThrow();
  }

  private Check refused(Reason reason, String detail) {
    refuse(reason, detail);
    return new Check.Refused(refusals);
  }

  private void refuse(Reason reason, String detail) {
    refusals.add(new Refusal(reason, detail));
  }
}
