package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What changed, as a page: as text and in a real browser. */
class DiffPageTest {

  private static final Path EXAMPLE =
      Path.of(System.getProperty("postern.root", ".."), "examples/p1");

  private static Path copy(Path to) throws Exception {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(EXAMPLE)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  private static void replace(Path file, String from, String to) throws Exception {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  @Test
  void aBrowserShowsWhatWidensFirstAndCodeSideBySide(@TempDir Path directory) throws Exception {
    Path now = copy(directory.resolve("new"));
    replace(now.resolve("views.postern"), "0x5000 r named", "0x5000 rw named");
    replace(now.resolve("body.postern"), "\"b9 40 00 00 00\" ", "\"b9 20 00 00 00\" ");
    Result diff =
        Result.of(
            "diff",
            EXAMPLE.resolve("p1.postern").toString(),
            now.resolve("p1.postern").toString(),
            "--format",
            "html");
    assertThat(diff.status()).as(diff.err()).isZero();
    assertThat(diff.out())
        .startsWith("<!DOCTYPE html>")
        .endsWith("</body></html>\n")
        .containsSubsequence(
            "1 widened, 1 changed",
            "<h2>Widened</h2>",
            "view tx, 0x5000 to 0x5fff",
            "r-- is now rw-",
            "<h2>Changed</h2>",
            "<pre>",
            "mov ecx, 0x40                            | mov ecx, 0x20")
        .doesNotContain("<script", "http:", "https:", "src=", "@import");
    Browser.showsTextAllTheWayDown(diff.out(), 600);
  }

  @Test
  void nothingIsSaidInWords() {
    String policy = EXAMPLE.resolve("p1.postern").toString();
    assertThat(Result.of("diff", policy, policy, "--format", "html").out())
        .contains("nothing changed in meaning")
        .doesNotContain("<h2>");
  }
}
