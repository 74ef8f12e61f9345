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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  private static final Trust NOBODY = Trust.of(PinnedKeys.NONE);

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

  /** What {@code archive} says, and whether it fits; nobody's signature is looked at. */
  public static Claims claims(byte[] archive) {
    try {
      BundleChecker checker =
          new BundleChecker(Bundle.read(archive), NOBODY, Occasion.at(Instant.EPOCH));
      Optional<Claims.Consistent> claims = checker.manifest().flatMap(checker::claims);
      return checker.refusals.isEmpty()
          ? claims.orElseThrow()
          : new Claims.Refused(checker.refusals);
    } catch (ArchiveException e) {
      return new Claims.Refused(
          List.of(new Refusal(Reason.ARCHIVE_MALFORMED, String.valueOf(e.getMessage()))));
    }
  }

  /** Who has signed and who has not; nothing else is looked at. */
  public static Progress progress(byte[] archive, Trust trust, Occasion occasion) {
    List<Signer> signers = List.of();
    int asked = 1;
    try {
      BundleChecker checker = new BundleChecker(Bundle.read(archive), trust, occasion);
      signers =
          checker
              .bundle
              .member(Bundle.MANIFEST)
              .map(manifest -> checker.signatures(manifest).signers())
              .orElse(List.of());
      asked = checker.manifest().map(Manifest::operators).orElse(1);
    } catch (ArchiveException e) {
      // Nobody has signed what is no bundle; the check says what is wrong with it.
    }
    Optional<Role> role = trust.role(Role.Name.OPERATOR);
    TreeSet<String> persons = new TreeSet<>();
    signers.stream().filter(Signer::counts).forEach(signer -> persons.add(signer.person()));
    TreeSet<String> missing = new TreeSet<>(role.map(trust::persons).orElse(Set.of()));
    missing.removeAll(persons);
    return new Progress(
        signers,
        persons,
        Math.max(asked, role.map(Role::threshold).orElse(1)),
        role.map(Role::postQuantum).orElse(0),
        missing);
  }

  /** A manifest that reads, and what its predicate is free to say. */
  private record Manifest(Statement statement, Predicate.Head head) {
    int operators() {
      return head.said().terms().operators();
    }
  }

  private Check check() {
    if (trust.expired(occasion.now())) {
      refuse(Reason.TRUST_EXPIRED, "the trust expired at " + trust.expires().orElseThrow());
    }
    Optional<Signatures> signatures = bundle.member(Bundle.MANIFEST).map(this::signatures);
    Optional<Manifest> manifest = manifest();
    int asked = manifest.map(Manifest::operators).orElse(1);
    signatures.ifPresent(all -> refusals.addAll(all.refusals(asked)));
    manifest.ifPresent(
        read -> refusals.addAll(new TermsCheck(trust, occasion).of(read.head(), bundle.id())));
    Optional<Claims.Consistent> claims = manifest.flatMap(this::claims);
    claims.ifPresent(content -> waivers(content.policy()));
    return refusals.isEmpty()
        ? new Check.Trusted(
            new CheckedBundle(
                claims.orElseThrow(), signatures.orElseThrow().signers(), file(Bundle.PLAN)))
        : new Check.Refused(
            refusals.stream().sorted(Comparator.comparing(Refusal::reason)).toList());
  }

  private void waivers(Policy policy) {
    for (Waiver waiver : policy.waivers()) {
      if (!trust.waivers().contains(waiver.rule())) {
        refuse(Reason.WAIVER, waiver.rule() + " is waived, which the trust does not allow");
      }
    }
  }

  private Signatures signatures(Bytes manifest) {
    return Signatures.of(
        bundle.signatures(),
        manifest.toArray(),
        ContentType.MANIFEST,
        trust,
        Role.Name.OPERATOR,
        Map.of(),
        occasion.now());
  }

  private Optional<Manifest> manifest() {
    Optional<Bytes> bytes = bundle.member(Bundle.MANIFEST);
    if (bytes.isEmpty()) {
      refuse(Reason.MANIFEST_MISSING, "no " + Bundle.MANIFEST);
      return Optional.empty();
    }
    try {
      Statement statement = Statement.read(bytes.get().toArray());
      return Optional.of(new Manifest(statement, Predicate.read(statement.predicate())));
    } catch (JsonException e) {
      refuse(Reason.MANIFEST_MALFORMED, Bundle.MANIFEST + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Claims.Consistent> claims(Manifest manifest) {
    return files(manifest.statement()) ? content(manifest) : Optional.empty();
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

  /** What is read, also where it does not fit: then the refusals say so. */
  private Optional<Claims.Consistent> content(Manifest manifest) {
    Policy policy;
    try {
      policy = PolicyJson.readCanonical(file(Bundle.POLICY).toArray());
    } catch (JsonException e) {
      refuse(Reason.POLICY_MALFORMED, Bundle.POLICY + ": " + e.getMessage());
      return Optional.empty();
    }
    Report report;
    try {
      Json json = JsonReader.parse(file(Bundle.REPORT).toArray(), JsonLimits.DEFAULT);
      report = ReportJson.read(json).report();
    } catch (JsonException e) {
      refuse(Reason.REPORT_MALFORMED, Bundle.REPORT + ": " + e.getMessage());
      return Optional.empty();
    }
    Json predicate = Predicate.write(policy, report, manifest.head().said(), bundle.files());
    if (!Arrays.equals(
        JsonWriter.canonical(predicate), JsonWriter.canonical(manifest.statement().predicate()))) {
      refuse(Reason.CLAIM_MISMATCH, "the manifest's claims are not those of policy and report");
    }
    if (!bundle.code().equals(Bundle.code(policy))) {
      refuse(Reason.CODE_MISMATCH, "the code pages are not those of the policy");
    }
    proved(report, policy);
    return Optional.of(new Claims.Consistent(bundle.id(), policy, report, manifest.head().said()));
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

  private void refuse(Reason reason, String detail) {
    refusals.add(new Refusal(reason, detail));
  }
}
