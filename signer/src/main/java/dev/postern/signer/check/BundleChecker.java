package dev.postern.signer.check;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.cms.CmsException;
import dev.postern.signer.cms.CmsVerifier;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.statement.Subject;
import dev.postern.signer.statement.Tool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Checks a bundle in phases, each over bytes the phases before vouch for: archive, signatures over
 * the raw manifest, manifest against files, content. A phase collects all its reasons; the next one
 * starts only without any. Every byte of a trusted archive is either determined by its format,
 * listed with its digest in the manifest, under the signatures, or part of a signature that
 * verified.
 */
public final class BundleChecker {

  private final Bundle bundle;
  private final PinnedKeys keys;
  private final List<Refusal> refusals = new ArrayList<>();
  private final List<String> signers = new ArrayList<>();

  private BundleChecker(Bundle bundle, PinnedKeys keys) {
    this.bundle = bundle;
    this.keys = keys;
  }

  /** Whether {@code archive} is a bundle that {@code keys} vouch for. */
  public static Check check(byte[] archive, PinnedKeys keys) {
    try {
      return new BundleChecker(Bundle.read(archive), keys).check();
    } catch (ArchiveException e) {
      return new Check.Refused(
          List.of(new Refusal(Reason.ARCHIVE_MALFORMED, String.valueOf(e.getMessage()))));
    }
  }

  private Check check() {
    Optional<Bytes> manifest = bundle.member(Bundle.MANIFEST);
    if (manifest.isEmpty()) {
      return refused(Reason.MANIFEST_MISSING, "no " + Bundle.MANIFEST);
    }
    byte[] signed = manifest.get().toArray();
    signatures(signed);
    if (!refusals.isEmpty()) {
      return new Check.Refused(refusals);
    }
    Statement statement;
    try {
      statement = Statement.read(signed);
    } catch (JsonException e) {
      return refused(Reason.MANIFEST_MALFORMED, Bundle.MANIFEST + ": " + e.getMessage());
    }
    files(statement);
    if (!refusals.isEmpty()) {
      return new Check.Refused(refusals);
    }
    return content(statement);
  }

  private void signatures(byte[] manifest) {
    SortedMap<String, Bytes> signatures = bundle.signatures();
    if (signatures.isEmpty()) {
      refuse(Reason.UNSIGNED, "no signature");
    }
    signatures.forEach((keyId, signature) ->
        keys.key(keyId)
            .ifPresentOrElse(
                key -> signature(keyId, key, signature.toArray(), manifest),
                () -> refuse(Reason.SIGNER_UNKNOWN, "key " + keyId + " is not trusted")));
    if (refusals.isEmpty() && signers.size() < keys.threshold()) {
      refuse(Reason.THRESHOLD, signers.size() + " of " + keys.threshold() + " signatures");
    }
  }

  private void signature(String keyId, PinnedKey key, byte[] signature, byte[] manifest) {
    try {
      CmsVerifier.verify(signature, manifest, key.key(), key.identifiers());
      signers.add(keyId);
    } catch (CmsException e) {
      Reason reason =
          switch (e.kind()) {
            case PROFILE -> Reason.SIGNATURE_PROFILE;
            case SIGNER -> Reason.SIGNER_UNKNOWN;
            case INVALID -> Reason.SIGNATURE_INVALID;
          };
      refuse(reason, "signature of key " + keyId + ": " + e.getMessage());
    }
  }

  private void files(Statement statement) {
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
  }

  private Check content(Statement statement) {
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
    Tool tool;
    try {
      tool = Predicate.tool(statement.predicate());
    } catch (JsonException e) {
      return refused(Reason.MANIFEST_MALFORMED, Bundle.MANIFEST + ": " + e.getMessage());
    }
    Json predicate = Predicate.write(policy, report, tool, file(Bundle.SOURCE));
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
            new CheckedBundle(bundle.id(), signers, policy, report, tool, file(Bundle.PLAN)))
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
