package dev.postern.model.report;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import dev.postern.model.Location;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A report as JSON, schema {@code postern.report/1} ({@code docs/report.schema.json}). A report
 * with a counterexample carries its policy's canonical JSON, so that {@code replay} needs nothing
 * else.
 */
public final class ReportJson {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.report/1";

  private static final String DIGEST = "sha256:";

  private ReportJson() {}

  /**
   * What a report file holds.
   *
   * @param policy the policy, where the file carries it; its digest is the report's
   */
  public record ReportFile(Report report, Optional<Policy> policy) {}

  /** The report of {@code policy}. */
  public static Json write(Report report, Policy policy) {
    boolean replayable =
        report.findings().stream().anyMatch(finding -> finding.counterexample().isPresent());
    if (!replayable) {
      return document(report, Optional.empty());
    }
    Json canonical = PolicyJson.write(policy);
    if (!PolicyJson.sha256(policy).equals(report.sha256())) {
      throw new IllegalArgumentException("the report is about another policy");
    }
    return document(report, Optional.of(canonical));
  }

  /** The report without its policy. */
  public static Json write(Report report) {
    return document(report, Optional.empty());
  }

  public static ReportFile read(Json json) throws JsonException {
    try {
      return document(Members.of(json, ""));
    } catch (IllegalArgumentException e) {
      // What the records' constructors refuse: a refutation without counterexample, and the like.
      throw JsonException.mismatch("", String.valueOf(e.getMessage()));
    }
  }

  private static Json document(Report report, Optional<Json> canonical) {
    Json.Builder policy =
        Json.object()
            .put("name", report.name())
            .put("version", report.version())
            .put("sha256", report.sha256());
    canonical.ifPresent(value -> policy.put("canonical", value));
    return Json.object()
        .put("schema", SCHEMA)
        .put("policy", policy.build())
        .put("outcome", Members.word(report.outcome()))
        .put("partial", report.partial())
        .put("rules", Json.texts(report.rules()))
        .put("missing", Json.texts(report.missing()))
        .put("views", Json.array(report.views(), ReportJson::view))
        .put("findings", Json.array(report.findings(), ReportJson::finding))
        .put("assumptions", Json.array(report.assumptions(), ReportJson::assumption))
        .build();
  }

  private static ReportFile document(Members in) throws JsonException {
    in.constant("schema", SCHEMA);
    Members about = in.object("policy");
    String name = about.text("name");
    long version = about.number("version");
    String sha256 = about.text("sha256");
    Optional<Policy> policy = Optional.empty();
    if (about.has("canonical")) {
      Policy carried = PolicyJson.read(about.take("canonical"), about.pointer("canonical"));
      if (!PolicyJson.sha256(carried).equals(sha256)) {
        throw about.refuse("canonical", "its digest is not the one stated");
      }
      policy = Optional.of(carried);
    }
    about.end();
    Verdict outcome = in.word("outcome", Verdict.class);
    boolean partial = in.flag("partial");
    List<String> rules = in.texts("rules");
    List<String> missing = in.texts("missing");
    List<Report.ViewVerdict> views = new ArrayList<>();
    for (Members view : in.objects("views")) {
      views.add(view(view));
    }
    List<Finding> findings = new ArrayList<>();
    for (Members finding : in.objects("findings")) {
      findings.add(finding(finding));
    }
    List<Report.Assumption> assumptions = new ArrayList<>();
    for (Members assumption : in.objects("assumptions")) {
      assumptions.add(new Report.Assumption(assumption.text("id"), assumption.text("text")));
      assumption.end();
    }
    in.end();
    Report report =
        new Report(name, version, sha256, rules, missing, outcome, views, findings, assumptions);
    if (report.partial() != partial) {
      throw in.refuse("partial", "contradicts the rules listed as missing");
    }
    return new ReportFile(report, policy);
  }

  private static Json view(Report.ViewVerdict view) {
    return Json.object()
        .put("name", view.name())
        .put("index", view.index())
        .put("lock", view.lock())
        .put("confinement", Members.word(view.confinement()))
        .put("mediation", Members.word(view.mediation()))
        .build();
  }

  private static Report.ViewVerdict view(Members in) throws JsonException {
    Report.ViewVerdict view =
        new Report.ViewVerdict(
            in.text("name"),
            in.integer("index"),
            in.text("lock"),
            in.word("confinement", Verdict.class),
            in.word("mediation", Verdict.class));
    in.end();
    return view;
  }

  private static Json finding(Finding finding) {
    Json.Builder out =
        Json.object()
            .put("rule", finding.rule())
            .put("discharges", Json.texts(finding.discharges()))
            .put("view", finding.view())
            .put("subject", finding.subject())
            .put("verdict", Members.word(finding.verdict()))
            .put("message", finding.message());
    finding.reason().ifPresent(reason -> out.put("reason", reason));
    finding.location().ifPresent(location -> out.put("location", location(location)));
    finding
        .counterexample()
        .ifPresent(attack -> out.put("counterexample", CounterexampleJson.write(attack)));
    finding.evidence().ifPresent(evidence -> out.put("evidence", evidence(evidence)));
    return out.build();
  }

  private static Finding finding(Members in) throws JsonException {
    Finding finding =
        new Finding(
            in.text("rule"),
            in.texts("discharges"),
            in.text("view"),
            in.text("subject"),
            in.word("verdict", Verdict.class),
            in.text("message"),
            in.optionalText("reason"),
            in.has("location") ? Optional.of(location(in.object("location"))) : Optional.empty(),
            in.has("counterexample")
                ? Optional.of(CounterexampleJson.read(in.object("counterexample")))
                : Optional.empty(),
            in.has("evidence") ? Optional.of(evidence(in.object("evidence"))) : Optional.empty());
    in.end();
    return finding;
  }

  private static Json location(Location location) {
    return Json.object()
        .put("file", location.file())
        .put("line", location.line())
        .put("column", location.column())
        .build();
  }

  private static Location location(Members in) throws JsonException {
    Location location = new Location(in.text("file"), in.integer("line"), in.integer("column"));
    in.end();
    return location;
  }

  private static Json evidence(Evidence evidence) {
    Json.Builder out = Json.object();
    evidence.smt2().ifPresent(digest -> out.put("smt2", DIGEST + digest));
    evidence.witness().ifPresent(digest -> out.put("witness", DIGEST + digest));
    return out.put("solver", evidence.method())
        .put("queries", evidence.queries())
        .put("millis", evidence.millis())
        .build();
  }

  private static Evidence evidence(Members in) throws JsonException {
    Optional<String> smt2 = digest(in, "smt2");
    Optional<String> witness = digest(in, "witness");
    Evidence evidence =
        new Evidence(in.text("solver"), smt2, witness, in.integer("queries"), in.number("millis"));
    in.end();
    return evidence;
  }

  private static Optional<String> digest(Members in, String name) throws JsonException {
    Optional<String> text = in.optionalText(name);
    if (text.isPresent() && !text.get().matches("sha256:[0-9a-f]{64}")) {
      throw in.refuse(name, "expected sha256: and 64 hexadecimal digits");
    }
    return text.map(value -> value.substring(DIGEST.length()));
  }

  private static Json assumption(Report.Assumption assumption) {
    return Json.object().put("id", assumption.id()).put("text", assumption.text()).build();
  }

  static SortedMap<String, String> texts(Members in) throws JsonException {
    SortedMap<String, String> texts = new TreeMap<>();
    for (String name : in.names()) {
      texts.put(name, in.text(name));
    }
    return texts;
  }
}
