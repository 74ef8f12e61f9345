package dev.postern.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.RuleId;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** docs/SOUNDNESS.md answers every threat of the security model, by names that exist. */
class SoundnessTest {

  /** The security model's 80, and the doorbell, which it does not speak of. */
  private static final int THREATS = 81;

  private static List<String> rows() throws IOException {
    return Files.readAllLines(Path.of("SOUNDNESS.md")).stream()
        .filter(line -> line.startsWith("| T-"))
        .toList();
  }

  private static List<String> found(String pattern, List<String> rows) {
    return rows.stream()
        .flatMap(row -> Pattern.compile(pattern).matcher(row).results())
        .map(match -> match.group(1))
        .distinct()
        .toList();
  }

  @Test
  void everyThreatHasOneRow() throws IOException {
    assertThat(rows().stream().map(row -> row.substring(2, 6)))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, THREATS).mapToObj("T-%02d"::formatted).toList());
  }

  @Test
  void everyRuleNamedExistsAndEveryRuleIsNamed() throws IOException {
    List<String> rules =
        Arrays.stream(RuleId.values())
            .filter(rule -> rule.level() != RuleId.Level.LOAD)
            .filter(rule -> rule.level() != RuleId.Level.FUNCTION)
            .map(RuleId::id)
            .toList();
    assertThat(found("`([a-z-]+)`", rows())).containsExactlyInAnyOrderElementsOf(rules);
  }

  @Test
  void everyHostObligationIsAnAssumptionOfReports() throws IOException {
    Report report =
        Verifier.verify(
            dev.postern.dsl.PolicyCompiler.compile(
                    Path.of("..", "examples", "vhost-tx", "fw-to-nat.postern"))
                .policy()
                .orElseThrow(),
            Options.DEFAULT);
    assertThat(report.assumptions().stream().map(Report.Assumption::id).collect(Collectors.toSet()))
        .containsAll(found("host (O-\\d+)", rows()));
  }

  @Test
  void rowsAreNumberedOnce() throws IOException {
    List<String> numbers =
        Pattern.compile("^\\| (S-\\d+) ", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("SOUNDNESS.md")))
            .results()
            .map(MatchResult::group)
            .toList();
    assertThat(numbers).isNotEmpty().doesNotHaveDuplicates();
  }
}
