package dev.postern.verifier.report;

import dev.postern.json.Json;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.Location;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * SARIF 2.1.0, one run over all policies. Section numbers are those of the OASIS standard with
 * errata 01.
 *
 * <p>An unknown is a failure with level warning, not kind {@code open}: §3.27.10 demands level
 * {@code none} of every kind but {@code fail}, and a viewer that hides those would hide that
 * nothing was proved.
 */
final class SarifReport implements ReportFormat {

  private static final String SCHEMA =
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

  private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-f]{1,13}");

  @Override
  public String id() {
    return "sarif";
  }

  @Override
  public String summary() {
    return "SARIF 2.1.0, for code scanning";
  }

  @Override
  public boolean streams() {
    return false;
  }

  @Override
  public String render(Run run) {
    List<Rule> rules =
        Rules.ALL.stream()
            .filter(rule ->
                run.answers().stream().anyMatch(a -> a.report().rules().contains(rule.id().id())))
            .toList();
    List<String> ids = rules.stream().map(rule -> rule.id().id()).toList();
    List<Json> results = new ArrayList<>();
    for (Run.Answer answer : run.answers()) {
      Map<Json, Integer> seen = new HashMap<>();
      for (Finding finding : answer.report().findings()) {
        Json identity = identity(answer, finding);
        int nth = seen.merge(identity, 1, Integer::sum);
        results.add(result(answer, finding, ids, fingerprint(identity, nth)));
      }
    }
    Json driver =
        Json.object()
            .put("name", "Postern")
            .put("rules", Json.array(rules, SarifReport::rule))
            .build();
    Json.Builder sarif =
        Json.object()
            .put("tool", Json.object().put("driver", driver).build())
            .put("invocations", new Json.Arr(List.of(invocation(run))))
            .put("columnKind", "unicodeCodePoints")
            .put("results", new Json.Arr(results))
            .put("properties", properties(run));
    return JsonWriter.pretty(
        Json.object()
            .put("$schema", SCHEMA)
            .put("version", "2.1.0")
            .put("runs", new Json.Arr(List.of(sarif.build())))
            .build());
  }

  private static Json rule(Rule rule) {
    return Json.object()
        .put("id", rule.id().id())
        .put("shortDescription", message(rule.statement()))
        .put("fullDescription", message(rule.statement() + "; it excludes: " + rule.attack()))
        .put("help", message("postern explain " + rule.id().id()))
        .put("defaultConfiguration", Json.object().put("level", "error").build())
        .put(
            "properties",
            Json.object()
                .put("theorem", rule.id().level().name().toLowerCase(Locale.ROOT))
                .put("discharges", Json.texts(rule.id().discharges()))
                .put("assumptions", Json.texts(rule.assumptions()))
                .put("tags", Json.texts(List.of("security")))
                .build())
        .build();
  }

  private static Json invocation(Run run) {
    List<Json> told = new ArrayList<>();
    for (Run.Refused refused : run.refused()) {
      told.add(
          Json.object()
              .put("level", "error")
              .put("message", message(refused.message()))
              .put("locations", place(refused.at()))
              .build());
    }
    for (Run.Answer answer : run.answers()) {
      for (String silent : answer.silent()) {
        told.add(
            Json.object()
                .put("level", "note")
                .put("message", message(answer.title() + ": " + silent))
                .put("locations", place(answer.policy().at()))
                .build());
      }
    }
    return Json.object()
        .put("executionSuccessful", run.refused().isEmpty())
        .put("toolExecutionNotifications", new Json.Arr(told))
        .build();
  }

  private static Json result(
      Run.Answer answer, Finding finding, List<String> rules, String fingerprint) {
    Location at = answer.place(finding);
    Json.Builder result = Json.object().put("ruleId", finding.rule());
    if (rules.contains(finding.rule())) {
      result.put("ruleIndex", rules.indexOf(finding.rule()));
    }
    result
        .put("kind", finding.verdict() == Verdict.PROVED ? "pass" : "fail")
        .put("level", level(finding.verdict()))
        .put("message", message(new Run.Shown(answer, finding).sentence()))
        .put("locations", new Json.Arr(List.of(location(answer, finding, at))))
        .put("partialFingerprints", Json.object().put("posternObligation/v1", fingerprint).build());
    finding
        .counterexample()
        .ifPresent(
            shown -> result.put("codeFlows", new Json.Arr(List.of(codeFlow(shown, artifact(at))))));
    if (finding.verdict() == Verdict.WAIVED) {
      Json.Builder waiver = Json.object().put("kind", "inSource").put("status", "accepted");
      finding.reason().ifPresent(reason -> waiver.put("justification", Layout.visible(reason)));
      result.put("suppressions", new Json.Arr(List.of(waiver.build())));
    }
    Json.Builder more = Json.object().put("verdict", finding.verdict().toString());
    more.put("discharges", Json.texts(finding.discharges()));
    finding.evidence().flatMap(e -> e.smt2()).ifPresent(smt2 -> more.put("smt2", smt2));
    return result.put("properties", more.build()).build();
  }

  private static String level(Verdict verdict) {
    return switch (verdict) {
      case REFUTED -> "error";
      case UNKNOWN -> "warning";
      case WAIVED -> "note";
      case PROVED, NOT_CLAIMED -> "none";
    };
  }

  /** What stays the same when lines move, words are improved or an unknown becomes a refutation. */
  private static Json identity(Run.Answer answer, Finding finding) {
    return Json.texts(
        List.of(
            answer.policy().at().file(),
            answer.report().name(),
            finding.rule(),
            finding.view(),
            finding.subject()));
  }

  private static String fingerprint(Json identity, int nth) {
    Json numbered = new Json.Arr(List.of(identity, new Json.Num(nth)));
    return Bytes.of(JsonWriter.canonical(numbered)).sha256();
  }

  private static Json location(Run.Answer answer, Finding finding, Location at) {
    String name = finding.subject().isEmpty() ? finding.view() : finding.subject();
    List<String> path =
        List.of(answer.report().name(), finding.view(), finding.subject()).stream()
            .filter(part -> !part.isEmpty())
            .toList();
    Json logical =
        Json.object()
            .put("name", Layout.visible(name.isEmpty() ? answer.report().name() : name))
            .put("fullyQualifiedName", Layout.visible(String.join("/", path)))
            .build();
    return Json.object()
        .put("physicalLocation", artifact(at).build())
        .put("logicalLocations", new Json.Arr(List.of(logical)))
        .build();
  }

  private static Json place(Location at) {
    return new Json.Arr(
        List.of(Json.object().put("physicalLocation", artifact(at).build()).build()));
  }

  private static Json.Builder artifact(Location at) {
    return Json.object()
        .put("artifactLocation", ArtifactUri.of(at.file()))
        .put(
            "region",
            Json.object()
                .put("startLine", Math.max(1, at.line()))
                .put("startColumn", Math.max(1, at.column()))
                .build());
  }

  /** The steps of the attack; where none is executed, the attack itself is the only one. */
  private static Json codeFlow(Counterexample shown, Json.Builder place) {
    Json.Obj policy = place.build();
    List<Json> steps = new ArrayList<>();
    for (Counterexample.Step step : shown.trace()) {
      steps.add(step(step, policy, steps.size() == shown.trace().size() - 1));
    }
    if (steps.isEmpty()) {
      steps.add(flowLocation(policy, shown.attack(), true).build());
    }
    Json.Builder start = Json.object();
    shown.start().forEach((name, value) -> start.put(name, message(value)));
    Json flow =
        Json.object()
            .put("initialState", start.build())
            .put("locations", new Json.Arr(steps))
            .build();
    return Json.object()
        .put("message", message(shown.attack()))
        .put("threadFlows", new Json.Arr(List.of(flow)))
        .build();
  }

  private static Json step(Counterexample.Step step, Json.Obj policy, boolean last) {
    Json.Builder place = Json.object();
    policy.members().forEach(place::put);
    if (ADDRESS.matcher(step.gpa()).matches()) {
      Json.Builder address =
          Json.object().put("absoluteAddress", Long.parseLong(step.gpa().substring(2), 16));
      if (!step.bytes().isEmpty()) {
        address.put("length", step.bytes().length() / 2).put("kind", "instruction");
      }
      place.put("address", address.build());
    }
    String where = "view " + step.view() + (step.gpa().isEmpty() ? "" : ", gpa " + step.gpa());
    String effect = step.effect().isEmpty() ? "" : " ; " + step.effect();
    return flowLocation(place.build(), where + ": " + step.text() + effect, last)
        .put("state", Json.object().put("view", message(Integer.toString(step.view()))).build())
        .build();
  }

  private static Json.Builder flowLocation(Json place, String text, boolean last) {
    Json location =
        Json.object().put("physicalLocation", place).put("message", message(text)).build();
    return Json.object()
        .put("location", location)
        .put("importance", last ? "essential" : "important");
  }

  private static Json properties(Run run) {
    return Json.object()
        .put(
            "policies",
            Json.array(
                run.answers(),
                answer ->
                    Json.object()
                        .put("name", answer.report().name())
                        .put("version", answer.report().version())
                        .put("sha256", answer.report().sha256())
                        .put("outcome", answer.report().outcome().toString())
                        .put("views", Json.array(answer.report().views(), SarifReport::view))
                        .put(
                            "assumptions",
                            Json.texts(
                                answer.report().assumptions().stream()
                                    .map(Report.Assumption::id)
                                    .toList()))
                        .build()))
        .build();
  }

  private static Json view(Report.ViewVerdict view) {
    return Json.object()
        .put("name", view.name())
        .put("index", view.index())
        .put("lock", view.lock())
        .put("confinement", view.confinement().toString())
        .put("mediation", view.mediation().toString())
        .build();
  }

  /** Plain text: §3.11.5 doubles braces that hold no place, §3.11.6 would make links of others. */
  private static Json message(String text) {
    String plain = Layout.visible(text).replace("{", "{{").replace("}", "}}");
    return Json.object().put("text", plain.replace("](", "] (")).build();
  }
}
