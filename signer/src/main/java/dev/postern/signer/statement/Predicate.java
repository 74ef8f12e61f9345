package dev.postern.signer.statement;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What a bundle claims of its policy, for readers who do not parse policies: a verification summary
 * with the members of SLSA's VSA (but for the time, which no deterministic file can hold), and with
 * what a host needs beside it.
 */
public final class Predicate {

  /** Value of the member {@code format}. */
  public static final String FORMAT = "postern.bundle/1";

  /** The verifier's name of SLSA's: an identifier, not an address. */
  static final String VERIFIER = "urn:postern:verifier";

  private static final List<String> MEMBERS =
      List.of(
          "resourceUri",
          "policy",
          "inputAttestations",
          "verificationResult",
          "verifiedLevels",
          "slsaVersion",
          "policyDigest",
          "sourceDigest",
          "buildDigest",
          "approvedPagesDigest",
          "hostConstraints",
          "report");

  private Predicate() {}

  /**
   * The files a predicate speaks of.
   *
   * @param source the policy's text
   * @param report the report
   * @param attachments what the text includes, by member name
   */
  public record Files(Bytes source, Bytes report, SortedMap<String, Bytes> attachments) {}

  /** What a predicate says beyond policy, report and files. */
  public record Said(Tool tool, Terms terms) {}

  /**
   * What of a predicate is judged before its files are: which policy set and version it is of, by
   * its own word. Whoever reads on compares that with the policy.
   */
  public record Head(String policySet, long version, Said said) {}

  /** The predicate of a bundle with this content; there is no other way to write one. */
  public static Json write(Policy policy, Report report, Said said, Files files) {
    Json canonical = PolicyJson.write(policy);
    Terms terms = said.terms();
    Json.Builder out =
        Json.object()
            .put("format", FORMAT)
            .put("verifier", verifier(said.tool()))
            .put("resourceUri", "urn:postern:policy:" + policy.name() + ":" + policy.version())
            .put("policy", catalogue(report))
            .put(
                "inputAttestations",
                new Json.Arr(
                    List.of(
                        Json.object()
                            .put("uri", "evidence/report.json")
                            .put("digest", digest(files.report().sha256()))
                            .build())))
            .put("verificationResult", report.outcome() == Verdict.PROVED ? "PASSED" : "FAILED")
            .put("verifiedLevels", Json.texts(levels(report)))
            .put("slsaVersion", "1.0")
            .put("policySet", policy.name())
            .put("version", policy.version())
            .put("securityEpoch", terms.securityEpoch());
    terms.notBefore().ifPresent(begin -> out.put("notBefore", Instants.text(begin)));
    terms.expires().ifPresent(end -> out.put("expires", Instants.text(end)));
    out.put("minLoader", terms.minLoader())
        .put("requires", Json.object().put("operators", terms.operators()).build());
    terms.supersedes().ifPresent(id -> out.put("supersedes", id));
    return out.put("trustVersion", terms.trustVersion())
        .put("policyDigest", digest(sha256(canonical)))
        .put("sourceDigest", digest(files.source().sha256()))
        .put("buildDigest", digest(build(files.attachments())))
        .put("approvedPagesDigest", digest(approvedPages(canonical)))
        .put("hostConstraints", hostConstraints(policy, canonical))
        .put("report", report(policy, report))
        .build();
  }

  /** What a predicate is free to say; one that says more than we understand is refused. */
  public static Head read(Json predicate) throws JsonException {
    Members in = Members.of(predicate, "/predicate");
    in.constant("format", FORMAT);
    Members verifier = in.object("verifier");
    verifier.constant("id", VERIFIER);
    Members version = verifier.object("version");
    Tool tool =
        new Tool(
            version.text("name"),
            version.text("version"),
            version.text("solver"),
            count(version, "seed"),
            count(version, "rlimit"));
    version.end();
    verifier.end();
    String policySet = in.text("policySet");
    long of = in.number("version");
    long epoch = in.number("securityEpoch");
    Optional<Instant> notBefore = Instants.optional(in, "notBefore");
    Optional<Instant> expires = Instants.optional(in, "expires");
    int minLoader = in.integer("minLoader");
    Members requires = in.object("requires");
    int operators = requires.integer("operators");
    requires.end();
    Optional<String> supersedes = in.optionalText("supersedes");
    long trustVersion = in.number("trustVersion");
    for (String name : in.names()) {
      if (!MEMBERS.contains(name)) {
        throw in.refuse(name, "unknown member");
      }
    }
    try {
      Terms terms =
          new Terms(epoch, notBefore, expires, minLoader, operators, supersedes, trustVersion);
      return new Head(policySet, of, new Said(tool, terms));
    } catch (IllegalArgumentException e) {
      throw in.refuse("securityEpoch", String.valueOf(e.getMessage()));
    }
  }

  /** SLSA wants text here; ours is a number in its one spelling. */
  private static int count(Members in, String name) throws JsonException {
    String text = in.text(name);
    if (!text.matches("0|[1-9][0-9]{0,8}")) {
      throw in.refuse(name, "expected digits");
    }
    return Integer.parseInt(text);
  }

  private static Json verifier(Tool tool) {
    return Json.object()
        .put("id", VERIFIER)
        .put(
            "version",
            Json.object()
                .put("name", tool.name())
                .put("version", tool.version())
                .put("solver", tool.solver())
                .put("seed", Integer.toString(tool.seed()))
                .put("rlimit", Integer.toString(tool.resources()))
                .build())
        .build();
  }

  /** What was verified against: the rules, by digest of their ids. */
  private static Json catalogue(Report report) {
    Json rules =
        Json.object()
            .put("run", Json.texts(report.rules()))
            .put("missing", Json.texts(report.missing()))
            .build();
    return Json.object()
        .put("uri", "urn:postern:rules")
        .put("digest", digest(sha256(rules)))
        .build();
  }

  /** A level stands here if every view reached it and nothing was left out or waived. */
  private static List<String> levels(Report report) {
    List<String> levels = new ArrayList<>();
    if (report.partial()) {
      levels.add("POSTERN_PARTIAL");
    } else if (!report.views().isEmpty()) {
      if (report.views().stream().allMatch(view -> view.confinement() == Verdict.PROVED)) {
        levels.add("POSTERN_CONFINEMENT");
      }
      if (report.views().stream().allMatch(view -> view.mediation() == Verdict.PROVED)) {
        levels.add("POSTERN_MEDIATION");
      }
    }
    return levels;
  }

  private static Json report(Policy policy, Report report) {
    return Json.object()
        .put("result", Members.word(report.outcome()))
        .put("partial", report.partial())
        .put("rules", Json.array(report.rules(), rule -> rule(rule, report)))
        .put("missing", Json.texts(report.missing()))
        .put("views", Json.array(report.views(), Predicate::view))
        .put(
            "waivers",
            Json.array(
                policy.waivers(),
                waiver ->
                    Json.object()
                        .put("rule", waiver.rule())
                        .put("reason", waiver.reason())
                        .build()))
        .put(
            "assumptions",
            Json.array(
                report.assumptions(),
                assumption ->
                    Json.object()
                        .put("id", assumption.id())
                        .put("text", assumption.text())
                        .build()))
        .build();
  }

  /** How often a rule was proved and waived; never anything else in a bundle. */
  private static Json rule(String rule, Report report) {
    return Json.object()
        .put("id", rule)
        .put("proved", count(rule, Verdict.PROVED, report))
        .put("waived", count(rule, Verdict.WAIVED, report))
        .build();
  }

  private static long count(String rule, Verdict verdict, Report report) {
    return report.findings().stream()
        .filter(finding -> finding.rule().equals(rule) && finding.verdict() == verdict)
        .count();
  }

  /** Digest over what the policy's text includes: further text and object files. */
  private static String build(SortedMap<String, Bytes> attachments) {
    List<Json> files = new ArrayList<>();
    attachments.forEach((name, content) ->
        files.add(Json.object().put("name", name).put("sha256", content.sha256()).build()));
    return sha256(new Json.Arr(files));
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

  private static Json hostConstraints(Policy policy, Json canonical) {
    List<Json> sources = new ArrayList<>();
    for (Vm vm : policy.vms()) {
      if (vm.source()) {
        sources.add(
            Json.object()
                .put("vm", vm.name())
                .put("vcpus", vm.vcpus())
                .put("lock", Members.words(vm.lock().kinds()))
                .put("controls", Members.words(vm.controls().held()))
                .put(
                    "eptpSlots",
                    Json.array(policy.viewsOf(vm.name()), view -> new Json.Num(index(view))))
                .build());
      }
    }
    return Json.object()
        .put("cpu", member(canonical, "cpu"))
        .put("sources", new Json.Arr(sources))
        .build();
  }

  private static long index(View view) {
    return view.index();
  }

  /** Digest over the approved sets of all virtual machines, as the policy's JSON writes them. */
  private static String approvedPages(Json canonical) {
    List<Json> approvals = new ArrayList<>();
    if (member(canonical, "vms") instanceof Json.Arr(List<Json> vms)) {
      for (Json vm : vms) {
        approvals.add(
            Json.object()
                .put("vm", member(vm, "name"))
                .put("approvals", member(vm, "approvals"))
                .build());
      }
    }
    return sha256(new Json.Arr(approvals));
  }

  private static String sha256(Json json) {
    return Bytes.of(JsonWriter.canonical(json)).sha256();
  }

  private static Json digest(String sha256) {
    return Json.object().put("sha256", sha256).build();
  }

  private static Json member(Json json, String name) {
    if (json instanceof Json.Obj object && object.members().containsKey(name)) {
      return java.util.Objects.requireNonNull(object.members().get(name));
    }
    throw new AssertionError("a policy's JSON has the member " + name);
  }
}
