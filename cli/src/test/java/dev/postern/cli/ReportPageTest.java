package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page for people, as text and in a real browser. */
class ReportPageTest {

  private static final Path POLICY =
      Path.of(System.getProperty("postern.root", ".."), "examples/p1/p1.postern");
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final int WIDTH = 1100;
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
        .contains("What must be kept", "landing in tx", "rep movsb", "landing-safe", "<svg")
        .doesNotContain("<script", "http:", "https:", "src=", "@import");
    assertThat(html.indexOf("class=\"verdict\"")).isLessThan(html.indexOf("What must be kept"));
    if (!Files.isExecutable(CHROMIUM)) {
      System.out.println("SKIPPED: the page in a browser: chromium is not installed");
      return;
    }
    Path picture = directory.resolve("p1.png");
    Process browser =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + directory.resolve("profile"),
                "--window-size=" + WIDTH + "," + HEIGHT,
                "--screenshot=" + picture,
                page.toUri().toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(browser.waitFor()).isZero();
    BufferedImage image = ImageIO.read(picture.toFile());
    assertThat(image.getWidth()).isEqualTo(WIDTH);
    Set<Integer> rowsWithInk = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < WIDTH; x++) {
        if ((image.getRGB(x, y) & 0xff) < 0x40) {
          rowsWithInk.add(y);
          break;
        }
      }
    }
    assertThat(rowsWithInk).hasSizeGreaterThan(HEIGHT / 4); // text all the way down
  }
}
