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
import java.util.ArrayList;
import java.util.List;

/**
 * What a bundle claims of its policy, for readers who do not parse policies.
 *
 * <p>Of the fields planned for the format these have no mechanism behind them yet and are therefore
 * absent: securityEpoch, notBefore, expires, minLoader, buildDigest, requires, supersedes,
 * trustVersion. A manifest that has one is refused as unknown, not read as if it were enforced.
 */
public final class Predicate {

  /** Value of the member {@code format}. */
  public static final String FORMAT = "postern.bundle/1";

  private static final List<String> MEMBERS =
      List.of(
          "policySet",
          "version",
          "policyDigest",
          "sourceDigest",
          "approvedPagesDigest",
          "hostConstraints");

  private Predicate() {}

  /** The predicate of a bundle with this content; there is no other way to write one. */
  public static Json write(Policy policy, Report report, Tool tool, Bytes source) {
    Json canonical = PolicyJson.write(policy);
    return Json.object()
        .put("format", FORMAT)
        .put("policySet", policy.name())
        .put("version", policy.version())
        .put("policyDigest", digest(sha256(canonical)))
        .put("sourceDigest", digest(source.sha256()))
        .put("approvedPagesDigest", digest(approvedPages(canonical)))
        .put("hostConstraints", hostConstraints(policy, canonical))
        .put("verifier", verifier(policy, report, tool))
        .build();
  }

  /** The tool a predicate names; a predicate that says more than we understand is refused. */
  public static Tool tool(Json predicate) throws JsonException {
    Members in = Members.of(predicate, "/predicate");
    in.constant("format", FORMAT);
    Members verifier = in.object("verifier");
    for (String name : in.names()) {
      if (!MEMBERS.contains(name)) {
        throw in.refuse(name, "unknown member");
      }
    }
    return new Tool(verifier.text("name"), verifier.text("version"), verifier.text("solver"));
  }

  private static Json verifier(Policy policy, Report report, Tool tool) {
    return Json.object()
        .put("name", tool.name())
        .put("version", tool.version())
        .put("solver", tool.solver())
        .put("result", Members.word(report.outcome()))
        .put("partial", report.partial())
        .put(
            "rules",
            Json.object()
                .put("run", Json.texts(report.rules()))
                .put("missing", Json.texts(report.missing()))
                .build())
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
