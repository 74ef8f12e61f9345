package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files of expected output. {@code mvn -pl dsl -am test -Dtest='*Golden*' -Dbless=true
 * -Dsurefire.failIfNoSpecifiedTests=false} writes them anew; what changed is then in the diff for a
 * person to read. A CI run never blesses.
 */
final class Golden {

  private Golden() {}

  static void compare(Path expected, String actual) {
    try {
      if (Boolean.getBoolean("bless")) {
        if (System.getenv("CI") != null) {
          throw new IllegalStateException("-Dbless=true in CI: golden files are blessed by people");
        }
        Files.writeString(expected, actual);
      }
      assertThat(expected).isRegularFile();
      assertThat(actual).isEqualTo(Files.readString(expected));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> policies(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".postern")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
