package dev.postern.signer.bundle;

import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.PolicyJson;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.statement.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes bundles and signs them. */
public final class Bundles {

  private Bundles() {}

  /** Same request, same bytes. Refuses what is not proved, and a report of another policy. */
  public static BundleResult create(BundleRequest request) {
    Report report = request.report();
    if (report.outcome() != Verdict.PROVED) {
      return new BundleResult.Refused("the policy is " + report.outcome() + ", not proved");
    }
    if (!PolicyJson.sha256(request.policy()).equals(report.sha256())) {
      return new BundleResult.Refused("the report is about another policy");
    }
    if (request.evidence().keySet().stream()
        .anyMatch(name -> Bundle.REPORT.equals(Bundle.EVIDENCE + name))) {
      return new BundleResult.Refused("evidence may not take the name of the report");
    }
    SortedMap<String, Bytes> members = members(request);
    for (String name : members.keySet()) {
      if (!Ustar.isName(name)) {
        return new BundleResult.Refused(
            "member name " + name + " is longer than " + Limits.NAME_BYTES + " bytes");
      }
    }
    Bundle bundle = new Bundle(members);
    Statement statement =
        new Statement(
            Subject.of(members),
            Predicate.write(
                request.policy(),
                report,
                new Predicate.Said(request.tool(), request.terms()),
                bundle.files()));
    return new BundleResult.Created(
        bundle.with(Bundle.MANIFEST, Bytes.of(JsonWriter.canonical(statement.write()))));
  }

  /** Adds, or replaces, the signature of {@code key} over the manifest's bytes. */
  public static Bundle sign(Bundle bundle, OperatorKey key) throws ArchiveException, KeyException {
    return bundle.withSignature(key.keyId(), signature(bundle, key, false));
  }

  /**
   * The detached signature alone: DER, what goes to {@code sig/<key id>.p7s}.
   *
   * @param unattended whether no person looks at what is signed: the signature says so
   */
  public static Bytes signature(Bundle bundle, OperatorKey key, boolean unattended)
      throws ArchiveException, KeyException {
    return Bytes.of(CmsSigner.sign(manifest(bundle), ContentType.MANIFEST, key, unattended));
  }

  /** What a key elsewhere has to sign: DER of the signed attributes. */
  public static byte[] toBeSigned(Bundle bundle, Algorithm algorithm) throws ArchiveException {
    return CmsSigner.attributes(manifest(bundle), ContentType.MANIFEST, algorithm, false);
  }

  /** The detached signature around a raw one over {@link #toBeSigned}. */
  public static Bytes signature(Bundle bundle, PinnedKey key, byte[] raw) throws ArchiveException {
    return Bytes.of(
        CmsSigner.attach(
            manifest(bundle),
            ContentType.MANIFEST,
            key.algorithm(),
            key.name().toArray(),
            raw,
            false));
  }

  private static byte[] manifest(Bundle bundle) throws ArchiveException {
    Optional<Bytes> manifest = bundle.member(Bundle.MANIFEST);
    if (manifest.isEmpty()) {
      throw new ArchiveException("no " + Bundle.MANIFEST);
    }
    return manifest.get().toArray();
  }

  private static SortedMap<String, Bytes> members(BundleRequest request) {
    SortedMap<String, Bytes> members = new TreeMap<>();
    members.put(Bundle.POLICY, Bytes.of(PolicyJson.canonical(request.policy())));
    members.put(Bundle.SOURCE, request.source());
    members.put(Bundle.PLAN, request.plan());
    members.put(
        Bundle.REPORT,
        Bytes.of(
            JsonWriter.canonical(
                ReportJson.write(withoutClock(request.report()), request.policy()))));
    members.putAll(Bundle.code(request.policy()));
    request
        .attachments()
        .forEach((name, content) -> members.put(Bundle.ATTACHMENTS + Bundle.encode(name), content));
    request
        .evidence()
        .forEach((name, content) -> members.put(Bundle.EVIDENCE + Bundle.encode(name), content));
    return members;
  }

  /** The report with its only nondeterministic value, wall time, zeroed. */
  private static Report withoutClock(Report report) {
    List<Finding> findings = new ArrayList<>();
    for (Finding finding : report.findings()) {
      findings.add(
          new Finding(
              finding.rule(),
              finding.discharges(),
              finding.view(),
              finding.subject(),
              finding.verdict(),
              finding.message(),
              finding.reason(),
              finding.location(),
              finding.counterexample(),
              finding
                  .evidence()
                  .map(e -> new Evidence(e.method(), e.smt2(), e.witness(), e.queries(), 0))));
    }
    return new Report(
        report.name(),
        report.version(),
        report.sha256(),
        report.rules(),
        report.missing(),
        report.outcome(),
        report.views(),
        findings,
        report.assumptions());
  }
}
