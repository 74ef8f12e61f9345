package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What holds for every command: help, usage errors, exit statuses, streams. */
class CommandLineTest {

  @ParameterizedTest
  @MethodSource("commands")
  void helpShowsExamplesAndExitStatusesAtEightyColumns(List<String> command) {
    List<String> arguments = new ArrayList<>(command);
    arguments.add("--help");
    Result result = Result.of(arguments.toArray(String[]::new));
    assertThat(result.status()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("Examples:\n  postern " + String.join(" ", command))
        .contains("Exit status:\n   0 ");
    assertThat(result.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(81));
  }

  static Stream<List<String>> commands() {
    return below(Main.commandLine(nowhere(), ""), List.of());
  }

  private static Stream<List<String>> below(CommandLine line, List<String> path) {
    return Stream.concat(
        Stream.of(path),
        line.getSubcommands().entrySet().stream()
            .flatMap(sub -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(sub.getKey());
              return below(sub.getValue(), longer);
            }));
  }

  @Test
  void everyCommandOfTheInterfaceIsThere() {
    assertThat(commands().map(path -> String.join(" ", path)))
        .contains(
            "check",
            "verify",
            "explain",
            "replay",
            "key generate",
            "sign",
            "bundle create",
            "bundle inspect",
            "bundle check",
            "trust",
            "cost",
            "audit",
            "diff",
            "report",
            "load",
            "status",
            "unload");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "verify",
        "verify --nonsense x",
        "check",
        "explain",
        "key",
        "bundle",
        "bundle create",
        "sign",
        "load",
        "verify --timeout 5 x",
        "verify --timeout 0s x",
        "verify --jobs x y",
        "verify --jobs 0 pom.xml",
        "--nonsense"
      })
  void badUsageIsOneLineOnStandardErrorAndStatusTwo(String arguments) {
    Result result = Result.of(arguments.isEmpty() ? new String[0] : arguments.split(" "));
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("postern: ").contains("; hint: ").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "OK, 0",
    "REFUTED, 1",
    "BAD_INPUT, 2",
    "UNKNOWN, 3",
    "NOT_TRUSTED, 4",
    "ENVIRONMENT, 5",
    "BUG, 70"
  })
  void exitStatusesAreThoseScriptsRelyOn(ExitStatus status, int code) {
    assertThat(status.code()).isEqualTo(code);
  }

  @ParameterizedTest
  @EnumSource(ExitStatus.class)
  void nothingIsBetterThanWhatFailedBefore(ExitStatus status) {
    assertThat(status.worst(ExitStatus.OK)).isEqualTo(status);
    assertThat(ExitStatus.OK.worst(status)).isEqualTo(status);
    assertThat(status.worst(ExitStatus.BUG)).isEqualTo(ExitStatus.BUG);
  }

  /** A policy that lost its views on the way passes no build. */
  @Test
  void nothingToProveIsNotProved(@TempDir Path directory) throws IOException {
    Path bare = Files.writeString(directory.resolve("bare.postern"), "policy bare version 1\n");
    Result result = Result.of("verify", bare.toString());
    assertThat(result.status()).isEqualTo(ExitStatus.UNKNOWN.code());
    assertThat(result.out()).startsWith("bare version 1: unknown\n");
    assertThat(result.out()).contains("no protected view: there is nothing to prove");
  }

  @Test
  void readerThatGoesAwayChangesNothing() {
    Result result = into(new Failing(new IOException("Broken pipe")));
    assertThat(result.status()).isZero();
    assertThat(result.err()).isEmpty();
  }

  @Test
  void fullDiskIsAnEnvironmentFailureInOneLine() {
    Result result = into(new Failing(new IOException("No space left on device")));
    assertThat(result.status()).isEqualTo(5);
    assertThat(result.err())
        .isEqualTo("postern: cannot write to standard output: No space left on device\n");
  }

  @Test
  void ourBugIsStatusSeventyAndAFileOnlyItsOwnerReads() throws IOException {
    Result result = into(new Failing(new IllegalStateException("planted")));
    assertThat(result.status()).isEqualTo(70);
    Matcher line =
        Pattern.compile("postern: this is a bug in Postern; please report it with (.*)\n")
            .matcher(result.err());
    assertThat(line.matches()).as(result.err()).isTrue();
    Path file = Path.of(line.group(1));
    assertThat(Files.readString(file)).contains("planted").contains("\tat dev.postern.cli.");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    Files.delete(file);
  }

  private static Result into(OutputStream out) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status = Main.run(new Terminal(out, err, false, false), "--version");
    return new Result(status, "", err.toString(StandardCharsets.UTF_8));
  }

  private static Terminal nowhere() {
    return new Terminal(
        OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), false, false);
  }

  /** Fails every write. */
  private static final class Failing extends OutputStream {
    private final Exception failure;

    Failing(Exception failure) {
      this.failure = failure;
    }

    @Override
    public void write(int b) throws IOException {
      if (failure instanceof IOException io) {
        throw io;
      }
      throw (RuntimeException) failure;
    }
  }
}
