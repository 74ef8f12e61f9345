package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Chromium, which draws a page that we only wrote. */
final class Browser {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final int WIDTH = 1100;

  private Browser() {}

  /** Draws the first {@code height} pixels of the page; a quarter of the rows must have ink. */
  static void showsTextAllTheWayDown(String html, int height) throws Exception {
    if (!Files.isExecutable(CHROMIUM)) {
      System.out.println("SKIPPED: the page in a browser: chromium is not installed");
      return;
    }
    Path directory = Files.createTempDirectory("page");
    try {
      Path page = directory.resolve("page.html");
      Files.writeString(page, html);
      BufferedImage image = draw(page, directory, height);
      assertThat(image.getWidth()).isEqualTo(WIDTH);
      int rowsWithInk = 0;
      for (int y = 0; y < image.getHeight(); y++) {
        rowsWithInk += hasInk(image, y) ? 1 : 0;
      }
      assertThat(rowsWithInk).isGreaterThan(height / 4);
    } finally {
      delete(directory);
    }
  }

  private static BufferedImage draw(Path page, Path directory, int height) throws Exception {
    Path picture = directory.resolve("page.png");
    Process browser =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + directory.resolve("profile"),
                "--window-size=" + WIDTH + "," + height,
                "--screenshot=" + picture,
                page.toUri().toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(browser.waitFor()).isZero();
    return ImageIO.read(picture.toFile());
  }

  private static boolean hasInk(BufferedImage image, int y) {
    for (int x = 0; x < WIDTH; x++) {
      if ((image.getRGB(x, y) & 0xff) < 0x40) {
        return true;
      }
    }
    return false;
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.toList().reversed()) {
        Files.delete(file);
      }
    }
  }
}
