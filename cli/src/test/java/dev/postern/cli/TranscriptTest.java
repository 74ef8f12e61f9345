package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Shell transcripts: commands with what they print and how they end, run anew in an empty directory
 * with the real program. See {@link Transcript} for the form; {@code -Dbless=true} rewrites them.
 */
class TranscriptTest {

  private static final Path FILES =
      Path.of(System.getProperty("postern.root"), "cli/src/test/resources/transcripts");

  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("transcripts")
  void commandsAnswerAsWritten(Path file) throws IOException, InterruptedException {
    run(file);
  }

  /** Those that take longer than ten seconds. */
  @ParameterizedTest
  @Tag("slow")
  @MethodSource("longTranscripts")
  void longOnesToo(Path file) throws IOException, InterruptedException {
    run(file);
  }

  private void run(Path file) throws IOException, InterruptedException {
    String written = Files.readString(file);
    String actual = Transcript.parse(written).run(directory);
    if (Boolean.getBoolean("bless")) {
      assertThat(System.getenv("CI")).as("nothing is blessed on a build server").isNull();
      Files.writeString(file, actual);
    } else {
      assertThat(actual).isEqualTo(written);
    }
  }

  static Stream<Path> transcripts() throws IOException {
    return transcripts(FILES);
  }

  static Stream<Path> longTranscripts() throws IOException {
    return transcripts(FILES.resolve("slow"));
  }

  private static Stream<Path> transcripts(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList().stream();
    }
  }

  @Test
  void transcriptThatDiffersIsSeen() throws IOException, InterruptedException {
    List<String> wrong =
        List.of("$ echo a\n| b\n", "$ echo a\n", "$ false\n", "$ echo a >&2\n| a\n");
    for (String text : wrong) {
      assertThat(Transcript.parse(text).run(directory)).isNotEqualTo(text);
    }
    String right = "$ echo a; echo b >&2; exit 3\n| a\n! b\n= 3\n";
    assertThat(Transcript.parse(right).run(directory)).isEqualTo(right);
  }
}
