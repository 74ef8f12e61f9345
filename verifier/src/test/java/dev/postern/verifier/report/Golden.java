package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compares text with a file beside the test. {@code -Dbless=true} writes the file instead; a build
 * server refuses to.
 */
final class Golden {

  private static final Path FILES =
      Path.of(System.getProperty("postern.root"), "verifier/src/test/resources/reports");

  private Golden() {}

  static void assertSame(String name, String text) throws IOException {
    Path file = FILES.resolve(name);
    if (Boolean.getBoolean("bless")) {
      assertThat(System.getenv("CI")).as("nothing is blessed on a build server").isNull();
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }
}
