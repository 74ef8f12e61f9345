package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page for people, as text and in a real browser. */
class ReportPageTest {

  private static final Path POLICY =
      Path.of(System.getProperty("postern.root", ".."), "examples/p1/p1.postern");
  private static final int HEIGHT = 2600;

  @Test
  void aBrowserShowsThePage(@TempDir Path directory) throws Exception {
    Path bundle = directory.resolve("p1.bundle");
    Path page = directory.resolve("p1.html");
    assertThat(
            Result.of("bundle", "create", POLICY.toString(), "--out", bundle.toString()).status())
        .isZero();
    assertThat(Result.of("report", bundle.toString(), "--html", page.toString()).status()).isZero();
    String html = Files.readString(page);
    assertThat(html)
        .contains("What must be kept", "rep movsb", "landing-safe", "<svg")
        .contains("landing in tx: eax 0, ecx 1, all else the attacker&#39;s")
        .contains("<td>rep movsb</td><td><strong></strong>rcx = 0x40</td>")
        .contains("∀l ∈ L(v), ∀mode, ∀σ.")
        .contains("shared: nat itself, approved as")
        .containsPattern("\\.proof</td><td>no assignment satisfies the formula</td>")
        .contains("The evidence was checked when this page was made, without a solver: it stands.")
        .doesNotContain("<script", "http:", "https:", "src=", "@import");
    assertThat(html.indexOf("class=\"verdict\"")).isLessThan(html.indexOf("What must be kept"));
    assertThat(Pattern.compile("\\d+\\.\\d\\d ms").matcher(html).results()).isNotEmpty();
    Browser.showsTextAllTheWayDown(html, HEIGHT);
  }

  /** One byte of one proof is another: the page says so before anything else. */
  @Test
  void evidenceThatDoesNotStandIsSaidFirst(@TempDir Path directory) throws Exception {
    Path bundle = directory.resolve("p1.bundle");
    Path page = directory.resolve("p1.html");
    Result.of("bundle", "create", POLICY.toString(), "--out", bundle.toString());
    byte[] bytes = Files.readAllBytes(bundle);
    int proof = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("postern-proof");
    bytes[proof] = 'X';
    Files.write(bundle, bytes);
    assertThat(Result.of("report", bundle.toString(), "--html", page.toString()).status()).isZero();
    assertThat(Files.readString(page))
        .containsSubsequence(
            "The evidence does not stand: it was refused",
            "is not evidence of kind postern-proof [EVIDENCE_REFUSED]",
            "What must be kept");
  }
}
