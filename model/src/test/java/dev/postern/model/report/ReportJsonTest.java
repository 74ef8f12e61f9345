package dev.postern.model.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.model.Location;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.RandomPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Reports go through JSON unchanged and match the schema that ships. */
class ReportJsonTest {

  private static final JsonSchema SCHEMA = schema();

  @Property(tries = 50)
  void reportsSurviveAndMatchTheSchema(@ForAll long seed) throws JsonException {
    Policy policy = RandomPolicy.of(seed);
    Report report = report(policy, new Random(seed));
    String text = JsonWriter.pretty(ReportJson.write(report, policy));

    assertThat(SCHEMA.validate(text, InputFormat.JSON)).isEmpty();
    ReportJson.ReportFile file = ReportJson.read(parse(text));
    assertThat(file.report()).isEqualTo(report);
    boolean replayable =
        report.findings().stream().anyMatch(finding -> finding.counterexample().isPresent());
    assertThat(file.policy().isPresent()).isEqualTo(replayable);
    file.policy().ifPresent(read -> assertThat(PolicyJson.sha256(read)).isEqualTo(report.sha256()));
  }

  @Test
  void theSchemaIsNotVacuous() {
    Policy policy = RandomPolicy.of(1);
    String text = JsonWriter.pretty(ReportJson.write(report(policy, new Random(1)), policy));
    assertThat(
            SCHEMA.validate(
                text.replaceFirst("\"outcome\": \"[a-z]+\"", "\"outcome\": \"fine\""),
                InputFormat.JSON))
        .isNotEmpty();
    assertThat(SCHEMA.validate(text.replace("\"rule\":", "\"role\":"), InputFormat.JSON))
        .isNotEmpty();
  }

  @Test
  void theShapeThatScriptsRelyOn() {
    Report report =
        new Report(
            "fw-to-nat",
            7,
            "ab".repeat(32),
            List.of("landing-safe"),
            List.of(),
            Verdict.PROVED,
            List.of(new Report.ViewVerdict("tx", 1, "hlat", Verdict.PROVED, Verdict.NOT_CLAIMED)),
            List.of(
                new Finding(
                    "landing-safe",
                    List.of("O-10"),
                    "tx",
                    "trampoline+0x47",
                    Verdict.PROVED,
                    "every landing is a gate or a trap",
                    Optional.empty(),
                    Optional.of(new Location("fw.postern", 12, 5)),
                    Optional.empty(),
                    Optional.of(
                        new Evidence(
                            "z3 4.14.1", Optional.of("cd".repeat(32)), Optional.empty(), 1, 12)))),
            List.of(new Report.Assumption("K7", "CR3-load exiting is on")));
    assertThat(JsonWriter.pretty(ReportJson.write(report)))
        .isEqualTo(
            """
            {
              "schema": "postern.report/1",
              "policy": {
                "name": "fw-to-nat",
                "version": 7,
                "sha256": "%s"
              },
              "outcome": "proved",
              "partial": false,
              "rules": [
                "landing-safe"
              ],
              "missing": [],
              "views": [
                {
                  "name": "tx",
                  "index": 1,
                  "lock": "hlat",
                  "confinement": "proved",
                  "mediation": "not-claimed"
                }
              ],
              "findings": [
                {
                  "rule": "landing-safe",
                  "discharges": [
                    "O-10"
                  ],
                  "view": "tx",
                  "subject": "trampoline+0x47",
                  "verdict": "proved",
                  "message": "every landing is a gate or a trap",
                  "location": {
                    "file": "fw.postern",
                    "line": 12,
                    "column": 5
                  },
                  "evidence": {
                    "smt2": "sha256:%s",
                    "solver": "z3 4.14.1",
                    "queries": 1,
                    "millis": 12
                  }
                }
              ],
              "assumptions": [
                {
                  "id": "K7",
                  "text": "CR3-load exiting is on"
                }
              ]
            }
            """
                .formatted("ab".repeat(32), "cd".repeat(32)));
  }

  @Test
  void aReportCannotCarryAnotherPolicy() {
    Policy policy = RandomPolicy.of(11);
    Report report =
        new Report(
            "p",
            1,
            PolicyJson.sha256(policy),
            List.of("landing-safe"),
            List.of(),
            Verdict.REFUTED,
            List.of(),
            List.of(finding(Verdict.REFUTED, new Random(1))),
            List.of());
    assertThatThrownBy(() -> ReportJson.write(report, RandomPolicy.of(12)))
        .isInstanceOf(IllegalArgumentException.class);
    String text =
        JsonWriter.pretty(ReportJson.write(report, policy))
            .replace(report.sha256(), "0".repeat(64));
    assertThatThrownBy(() -> ReportJson.read(parse(text)))
        .isInstanceOf(JsonException.class)
        .hasMessage("/policy/canonical: its digest is not the one stated");
  }

  @Test
  void aRefutationNeedsItsCounterexample() {
    Policy policy = RandomPolicy.of(11);
    String text =
        JsonWriter.pretty(
            ReportJson.write(
                new Report(
                    "p",
                    1,
                    PolicyJson.sha256(policy),
                    List.of(),
                    List.of(),
                    Verdict.PROVED,
                    List.of(),
                    List.of(finding(Verdict.PROVED, new Random(1))),
                    List.of())));
    assertThatThrownBy(() ->
            ReportJson.read(
                parse(text.replace("\"verdict\": \"proved\"", "\"verdict\": \"refuted\""))))
        .isInstanceOf(JsonException.class)
        .hasMessageContaining("refuted needs a counterexample");
  }

  private static Json parse(String text) throws JsonException {
    return JsonReader.parse(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
  }

  private static Report report(Policy policy, Random random) {
    List<Finding> findings = new ArrayList<>();
    List<Verdict> verdicts =
        List.of(Verdict.PROVED, Verdict.REFUTED, Verdict.UNKNOWN, Verdict.WAIVED);
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      findings.add(finding(verdicts.get(random.nextInt(4)), random));
    }
    return new Report(
        policy.name(),
        policy.version(),
        PolicyJson.sha256(policy),
        List.of("landing-safe"),
        random.nextBoolean() ? List.of() : List.of("bounded"),
        verdicts.get(random.nextInt(3)),
        List.of(new Report.ViewVerdict("tx", 1, "hlat", Verdict.PROVED, Verdict.NOT_CLAIMED)),
        findings,
        List.of(new Report.Assumption("K7", "CR3-load exiting is on")));
  }

  private static Finding finding(Verdict verdict, Random random) {
    boolean reason = verdict == Verdict.UNKNOWN || verdict == Verdict.WAIVED;
    return new Finding(
        "landing-safe",
        List.of("O-10", "O-57"),
        random.nextBoolean() ? "tx" : "",
        "trampoline+0x" + Integer.toHexString(random.nextInt(4096)),
        verdict,
        "a sentence",
        reason ? Optional.of("because") : Optional.empty(),
        random.nextBoolean() ? Optional.of(new Location("a", 1, 2)) : Optional.empty(),
        verdict == Verdict.REFUTED
            ? Optional.of(
                new Counterexample(
                    Counterexample.Kind.EXECUTION,
                    "jumps there",
                    Map.of("rcx", "0x101", "view", "0"),
                    List.of(new Counterexample.PageEntry(0, "0x1000", "0x1000")),
                    List.of(new Counterexample.Content(0, "0x5000", "00ff")),
                    List.of(new Counterexample.Content(1, "0x6000", "01")),
                    List.of(
                        new Counterexample.Step(1, "0x100a", "0x100a", "80f901", "cmp cl, 1", ""))))
            : Optional.empty(),
        random.nextBoolean()
            ? Optional.of(
                new Evidence(
                    "sweep",
                    Optional.empty(),
                    Optional.of("0f".repeat(32)),
                    random.nextInt(3),
                    random.nextInt(100)))
            : Optional.empty());
  }

  private static JsonSchema schema() {
    Path file = Path.of(System.getProperty("postern.root"), "docs", "report.schema.json");
    try {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(Files.readString(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
