package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Location;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What GitHub's runner would take from the output, and what it would drop. */
class GithubReportTest {

  private static final Pattern COMMAND =
      Pattern.compile(
          "::(error|warning) file=[^:,]*,line=[1-9]\\d*,col=[1-9]\\d*,title=[^:,]+::.+"
              + "|::notice title=Postern::.+");

  @Test
  void everyLineIsACommandOfOurs() {
    String text = render(SampleReports.run());
    assertThat(text.lines()).isNotEmpty().allMatch(line -> COMMAND.matcher(line).matches());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "10, 10", "11, 3", "3, 11", "500, 700"})
  void atMostTenOfALevelAndTheRestIsCounted(int refuted, int unknown) {
    List<String> lines = render(SampleReports.run(refuted, unknown)).lines().toList();
    assertThat(lines.stream().filter(line -> line.startsWith("::error "))).hasSize(least(refuted));
    assertThat(lines.stream().filter(line -> line.startsWith("::warning ")))
        .hasSize(least(unknown));
    assertThat(lines.stream().anyMatch(line -> line.contains((refuted - 10) + " more errors")))
        .isEqualTo(refuted > 10);
    assertThat(lines.stream().anyMatch(line -> line.contains((unknown - 10) + " more warnings")))
        .isEqualTo(unknown > 10);
    assertThat(lines.stream().filter(line -> line.startsWith("::notice ")).count())
        .isLessThanOrEqualTo(10);
  }

  private static int least(int findings) {
    return Math.min(10, findings);
  }

  @Test
  void refutationsComeBeforeFilesThatAreNoPolicy() {
    List<String> lines = render(SampleReports.run()).lines().toList();
    assertThat(lines.getFirst()).contains("title=Refuted destination-approved::");
    assertThat(lines).anyMatch(line -> line.contains("title=Not a policy::"));
  }

  @Test
  void noTextEndsItsPropertyOrItsCommand() {
    Location at = new Location("a,b:c%\n::stop-commands::x", 3, 7);
    assertThat(render(new Run(List.of(), List.of(new Run.Refused(at, "50%\n::error::x\r")))))
        .startsWith(
            "::error file=a%2Cb%3Ac%25\\u{a}%3A%3Astop-commands%3A%3Ax,line=3,col=7,"
                + "title=Not a policy::50%25\\u{a}::error::x\\u{d}\n")
        .hasLineCount(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 80, 81, 400, 5_000, 100_000, StepSummary.LIMIT})
  void summaryFitsWhereItIsPutAndCountsWhatDoesNot(int limit) {
    Run run = SampleReports.run(500, 1_000);
    String summary = StepSummary.of(run, limit);
    assertThat(summary.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(limit);
    long shown = summary.lines().filter(line -> line.startsWith("### ")).count();
    if (limit == StepSummary.LIMIT) {
      assertThat(shown).isEqualTo(1_500);
      assertThat(summary).doesNotContain("did not fit");
    } else if (limit > 400) {
      assertThat(summary).endsWith((1_500 - shown) + " more did not fit.\n");
      assertThat(shown).isPositive();
    }
  }

  @Test
  void summaryIsAsItsGoldenFile() throws java.io.IOException {
    Golden.assertSame("run.summary.md", StepSummary.of(SampleReports.run(), StepSummary.LIMIT));
  }

  @Test
  void noNameIsMarkupInTheSummary() {
    Location at = new Location("a.postern", 1, 1);
    String text = "<img src=x> [a](b) @all | `c` https://attacker.invalid\n# d";
    assertThat(StepSummary.of(new Run(List.of(), List.of(new Run.Refused(at, text))), 10_000))
        .contains(
            "\\<img src=x\\> \\[a\\](b) \\@all \\| \\`c\\` https\\://attacker.invalid\\\\u\\{a\\}"
                + "\\# d");
  }

  private static String render(Run run) {
    return new GithubReport().render(run);
  }
}
