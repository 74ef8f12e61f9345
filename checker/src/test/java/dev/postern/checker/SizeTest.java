package dev.postern.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The checker stays small enough to be read in an afternoon, and rests on the JDK alone. */
class SizeTest {

  private static final Path SOURCE = Path.of("src/main/java/dev/postern/checker");
  private static final int LINES = 1_000;

  /** Blank, comment, package, import or annotation of it, or closing brackets only. */
  private static final Pattern NOTHING =
      Pattern.compile("\\s*(//.*|/?\\*.*|package .*|import .*|@NullMarked|[})]*;?)");

  @Test
  void holdsAtMostAThousandLinesOfCode() throws IOException {
    long lines = 0;
    try (var files = Files.list(SOURCE)) {
      for (Path file : files.toList()) {
        lines +=
            Files.readAllLines(file).stream().filter(l -> !NOTHING.matcher(l).matches()).count();
      }
    }
    assertThat(lines).isBetween(500L, (long) LINES);
  }

  @Test
  void importsTheJdkOnly() throws IOException {
    try (var files = Files.list(SOURCE)) {
      for (Path file : files.toList()) {
        List<String> imports =
            Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("import "))
                .filter(line ->
                    !line.matches(
                        "import (java\\.|dev\\.postern\\.checker\\.|org\\.jspecify\\.).*"))
                .toList();
        assertThat(imports).as(file.toString()).isEmpty();
      }
    }
  }
}
