package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.model.Location;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.verifier.rule.Rules;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** SARIF against the schema OASIS published, and what the schema cannot say. */
class SarifReportTest {

  private static final JsonSchema SCHEMA = schema();
  private static final String FINGERPRINT = "posternObligation/v1";

  @ParameterizedTest
  @MethodSource("runs")
  void theSchemaOfTheStandardAcceptsIt(Run run) {
    assertThat(SCHEMA.validate(sarif(run), InputFormat.JSON)).isEmpty();
  }

  static List<Run> runs() {
    return List.of(
        SampleReports.run(), SampleReports.run(1, 1), new Run(List.of(), List.of()), refusedOnly());
  }

  @Test
  void theSchemaRefusesWhatIsNotSarif() {
    String sarif = sarif(SampleReports.run());
    List<String> broken =
        List.of(
            sarif.replaceFirst("\"level\": \"error\"", "\"level\": \"fatal\""),
            sarif.replaceFirst("\"startLine\": \\d+", "\"startLine\": 0"),
            sarif.replaceFirst("\"uri\": \"[^\"]*\"", "\"uri\": \"a b\""),
            sarif.replaceFirst("\"name\": \"Postern\",", ""));
    assertThat(broken).doesNotContain(sarif);
    assertThat(broken)
        .allSatisfy(text -> assertThat(SCHEMA.validate(text, InputFormat.JSON)).isNotEmpty());
  }

  @Test
  void everyRuleThatRanIsDescribedAndEveryResultPointsAtItsOwn() throws JsonException {
    Run shown = SampleReports.run(1, 0);
    Json.Obj run =
        parsed(
            new Run(
                List.of(SampleReports.everyRuleProved(), shown.answers().getFirst()), List.of()));
    List<Json> rules = items(member(member(member(run, "tool"), "driver"), "rules"));
    assertThat(rules.stream().map(rule -> text(member(rule, "id"))))
        .isEqualTo(Rules.ALL.stream().map(rule -> rule.id().id()).toList());
    List<Json> results = items(member(run, "results"));
    assertThat(results).isNotEmpty();
    for (Json result : results) {
      int index = (int) ((Json.Num) member(result, "ruleIndex")).value();
      assertThat(member(rules.get(index), "id")).isEqualTo(member(result, "ruleId"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "refuted, fail, error, false",
    "unknown, fail, warning, false",
    "waived, fail, note, true",
    "proved, pass, none, false"
  })
  void verdictsAreKindAndLevel(String verdict, String kind, String level, boolean suppressed)
      throws JsonException {
    Report report = SampleReports.all().get(verdict);
    Json first = items(member(parsed(Run.of(SampleReports.answer(report))), "results")).getFirst();
    assertThat(text(member(first, "kind"))).isEqualTo(kind);
    assertThat(text(member(first, "level"))).isEqualTo(level);
    assertThat(((Json.Obj) first).members().containsKey("suppressions")).isEqualTo(suppressed);
    if (suppressed) {
      assertThat(text(member(items(member(first, "suppressions")).getFirst(), "justification")))
          .isEqualTo(report.findings().getFirst().reason().orElseThrow());
    }
  }

  @Test
  void codeFlowHasEveryStepOfTheAttackInOrder() throws JsonException {
    Report report = SampleReports.all().get("refuted");
    Counterexample shown = report.findings().getFirst().counterexample().orElseThrow();
    Json result = items(member(parsed(Run.of(SampleReports.answer(report))), "results")).getFirst();
    Json flow =
        items(member(items(member(result, "codeFlows")).getFirst(), "threadFlows")).getFirst();
    assertThat(((Json.Obj) member(flow, "initialState")).members().keySet())
        .isEqualTo(shown.start().keySet());
    List<Json> steps = items(member(flow, "locations"));
    assertThat(steps).hasSameSizeAs(shown.trace());
    for (int i = 0; i < steps.size(); i++) {
      Counterexample.Step step = shown.trace().get(i);
      Json place = member(steps.get(i), "location");
      assertThat(text(member(member(place, "message"), "text")))
          .startsWith("view " + step.view() + ", gpa " + step.gpa() + ": " + step.text())
          .endsWith(step.effect());
      assertThat(member(member(member(place, "physicalLocation"), "address"), "absoluteAddress"))
          .isEqualTo(new Json.Num(Long.decode(step.gpa())));
    }
  }

  @Test
  void fingerprintsSurviveMovedLinesAndTellObligationsApart() throws JsonException {
    Run run = SampleReports.run(3, 3);
    List<String> before = fingerprints(run);
    assertThat(new HashSet<>(before)).hasSize(6);
    Run.Answer answer = run.answers().getFirst();
    List<Finding> moved =
        answer.report().findings().stream()
            .map(f -> at(f, new Location("fw-to-nat.postern", 400, 9)))
            .toList();
    Report report = answer.report();
    Run later =
        Run.of(
            SampleReports.answer(
                new Report(
                    report.name(),
                    report.version() + 1,
                    report.sha256(),
                    report.rules(),
                    report.missing(),
                    report.outcome(),
                    report.views(),
                    moved,
                    report.assumptions())));
    assertThat(sarif(later)).isNotEqualTo(sarif(run)).contains("\"startLine\": 400");
    assertThat(fingerprints(later)).isEqualTo(before);
  }

  private static Finding at(Finding f, Location place) {
    return new Finding(
        f.rule(),
        f.discharges(),
        f.view(),
        f.subject(),
        f.verdict(),
        f.message() + ", in other words",
        f.reason(),
        Optional.of(place),
        f.counterexample(),
        f.evidence());
  }

  @ParameterizedTest
  @CsvSource({
    "policies/a.postern,     policies/a.postern,       true",
    "./policies/a.postern,   policies/a.postern,       true",
    "a b:c/50%/ä.postern,    a%20b%3Ac/50%25/%C3%A4.postern, true",
    "../a.postern,           ../a.postern,             false",
    "/srv/a.postern,         file:///srv/a.postern,    false"
  })
  void filesAreRelativeToTheCheckoutWhereTheyAreGivenSo(String file, String uri, boolean below) {
    Json.Obj artifact = (Json.Obj) ArtifactUri.of(file);
    assertThat(text(member(artifact, "uri"))).isEqualTo(uri);
    assertThat(artifact.members().containsKey("uriBaseId")).isEqualTo(below);
  }

  @Test
  void policyThatIsNotReadMakesTheRunUnsuccessful() throws JsonException {
    Json invocation = items(member(parsed(refusedOnly()), "invocations")).getFirst();
    assertThat(member(invocation, "executionSuccessful")).isEqualTo(new Json.Bool(false));
    assertThat(items(member(invocation, "toolExecutionNotifications"))).hasSize(1);
  }

  @Test
  void noNameBecomesALinkOrAPlaceholder() {
    Location at = new Location("a.postern", 1, 1);
    String text = "see [this](https://attacker.invalid) and {0}";
    assertThat(sarif(new Run(List.of(), List.of(new Run.Refused(at, text)))))
        .contains("see [this] (https://attacker.invalid) and {{0}}")
        .doesNotContain("](");
  }

  private static Run refusedOnly() {
    return new Run(List.of(), SampleReports.run().refused());
  }

  private static List<String> fingerprints(Run run) throws JsonException {
    return items(member(parsed(run), "results")).stream()
        .map(result -> text(member(member(result, "partialFingerprints"), FINGERPRINT)))
        .toList();
  }

  private static Json.Obj parsed(Run run) throws JsonException {
    Json log = JsonReader.parse(sarif(run).getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    List<Json> runs = items(member(log, "runs"));
    assertThat(runs).hasSize(1);
    return (Json.Obj) runs.getFirst();
  }

  private static String sarif(Run run) {
    return new SarifReport().render(run);
  }

  private static Json member(Json object, String name) {
    assertThat(((Json.Obj) object).members()).containsKey(name);
    return ((Json.Obj) object).members().get(name);
  }

  private static List<Json> items(Json array) {
    return ((Json.Arr) array).items();
  }

  private static String text(Json string) {
    return ((Json.Str) string).value();
  }

  private static JsonSchema schema() {
    try (InputStream file =
        SarifReportTest.class.getResourceAsStream("/schema/sarif-schema-2.1.0.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
          .getSchema(
              new String(file.readAllBytes(), StandardCharsets.UTF_8),
              SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
