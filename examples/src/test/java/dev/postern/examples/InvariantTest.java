package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a policy says of a loop is believed where it holds, and nowhere else. The loop of {@code
 * T53-bound-said} is proved with what the policy says.
 */
class InvariantTest {

  private static final Path FILE = Examples.file("attacks/T53-bound-said.postern");
  private static final String SAID = "rsi + rcx = 5120; rcx <= 5120";

  /** Each of these is false, or too weak; none of them helps to prove anything. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rsi + rcx = 5119; rcx <= 5120",
        "rsi + rcx = 5121; rcx <= 5121",
        "rsi + 2 * rcx = 10240; rcx <= 5120",
        "rsi + rcx = 5120; rcx <= 5119",
        "rsi + rcx = 5120; rcx < 5120",
        "rsi - rcx = 5120; rcx <= 5120",
        "rsi <= 64; rcx <= 5120",
        "rsi = 0; rcx = 5120",
        "rsi + rcx = 5120; rcx = 2",
        "[rsp + 8] = 0",
        "[rsp] < [rsp]",
        "1 = 0",
      })
  void aFalseWordIsNotBelieved(String words) throws IOException {
    // Of few rounds: what is not believed is unrolled, for the run that shows what is wrong.
    Report report = verify(words, "at most 300 instructions");

    assertThat(report.outcome()).isNotEqualTo(Verdict.PROVED);
    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .anySatisfy(finding -> {
          assertThat(finding.verdict()).isEqualTo(Verdict.UNKNOWN);
          assertThat(finding.reason())
              .hasValueSatisfying(why ->
                  assertThat(why)
                      .contains("what the policy says at ")
                      .contains(":" + line() + ":5 of the loop"));
        });
  }

  @Test
  void whatIsSaidOfNoLoopIsNoted() throws IOException {
    Report report =
        verify(
            text()
                .replace("invariant at body:again", "invariant at body:copy")
                .replace("at most 40000 instructions", "at most 300 instructions"));

    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("code-contained"))
        .anySatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.UNKNOWN))
        .noneSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.PROVED));
  }

  /** The access in the loop would leave its window, were the step three: no words change that. */
  @Test
  void aTrueWordDoesNotHideAnError() throws IOException {
    Report report = verify(text().replace("48 d1 ea", "90 90 90"));

    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .extracting(Finding::verdict)
        .isNotEmpty()
        .doesNotContain(Verdict.PROVED);
  }

  /** Of the policy, where it says something of the loop. */
  private static long line() {
    try {
      return text().lines().takeWhile(line -> !line.contains(SAID)).count() + 1;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Report verify(String words, String bound) throws IOException {
    assertThat(text()).contains(SAID);
    return verify(text().replace(SAID, words).replace("at most 40000 instructions", bound));
  }

  private static String text() throws IOException {
    return Files.readString(FILE);
  }

  private static Report verify(String text) {
    SourceReader reader =
        (path, limit) ->
            path.equals(FILE)
                ? new SourceReader.Answer.Found(Bytes.of(text.getBytes(StandardCharsets.UTF_8)))
                : SourceReader.FILES.read(path, limit);
    Compilation compilation = PolicyCompiler.compile(FILE, reader);
    return Verifier.verify(
        compilation
            .policy()
            .orElseThrow(() -> new AssertionError(compilation.diagnostics().toString())),
        Options.DEFAULT);
  }
}
