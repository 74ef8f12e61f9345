package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** A line that no parser has read must mean what the parser would have made of it. */
final class OperandsTest {

  private static final String EXAMPLES = Path.of("..", "examples").toString();
  private static final String PROVED = EXAMPLES + "/p1/p1.postern";
  private static final String REFUTED = EXAMPLES + "/attacks/P02-no-lock.postern";

  @TempDir private Path directory;

  static Stream<List<String>> lines() {
    return Stream.of("check", "verify")
        .flatMap(command ->
            Stream.of(
                    List.of(PROVED),
                    List.of(REFUTED),
                    List.of(PROVED, REFUTED),
                    List.of("no-such-file.postern"),
                    List.of("pom.xml"),
                    List.of(PROVED, "pom.xml"),
                    List.of("src"))
                .map(operands -> Stream.concat(Stream.of(command), operands.stream()).toList()));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void answersAsIfParsed(List<String> line) {
    List<String> parsed = new ArrayList<>(line);
    parsed.add(1, "--"); // means the same (XBD 12.2, guideline 10), and only a parser knows
    assertThat(Operands.of(line.toArray(String[]::new))).isPresent();
    assertThat(Operands.of(parsed.toArray(String[]::new))).isEmpty();
    Result without = Result.of(line.toArray(String[]::new));
    Result with = Result.of(parsed.toArray(String[]::new));
    assertThat(untimed(without)).isEqualTo(untimed(with));
    assertThat(without.out() + without.err()).isNotEmpty();
  }

  private static Result untimed(Result result) {
    return new Result(result.status(), result.out().replaceAll("\\d+ ms", "N ms"), result.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "verify",
        "verify --help",
        "verify -h x",
        "verify x --jobs 2",
        "verify x -",
        "verify -- x",
        "verify @words",
        "verify x @words"
      })
  void everythingElseIsParsed(String line) {
    assertThat(Operands.of(line.split(" "))).isEmpty();
    assertThat(Operands.of("verify", "")).isEmpty();
    assertThat(Operands.of("verify", "\0")).isEmpty();
    assertThat(Operands.of()).isEmpty();
  }

  @Test
  void commandsThatTakeNoFilesAreParsed() {
    Terminal terminal = silent();
    assertThat(
            Subcommands.ALL.stream()
                .map(Subcommands.Subcommand::name)
                .filter(name -> Subcommands.ofOperands(name, terminal, name, "x").isPresent()))
        .containsExactly("check", "verify");
    assertThat(Subcommands.ofOperands("nonsense", terminal, "nonsense", "x")).isEmpty();
  }

  /** Else a command that was not parsed would lack what every parsed one has. */
  @Test
  void nothingOfThoseCommandsIsGivenByTheParserAlone() {
    Terminal terminal = silent();
    for (String name : List.of("check", "verify")) {
      CommandLine command = Main.commandLine(terminal, name).getSubcommands().get(name);
      assertThat(command.getCommandSpec().options()).isNotEmpty();
      assertThat(command.getCommandSpec().args())
          .allSatisfy(arg -> {
            assertThat(arg.defaultValue()).isNull();
            assertThat(arg.isOption() && arg.required()).isFalse();
          });
      assertThat(command.getCommandSpec().defaultValueProvider()).isNull();
      assertThat(command.getSubcommands()).isEmpty();
    }
  }

  private static Terminal silent() {
    return new Terminal(
        OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), false, false);
  }

  @Test
  void wordsOfAFileAreRead() throws IOException {
    Path words = Files.writeString(directory.resolve("words"), PROVED + "\n");
    Result named = Result.of("check", PROVED);
    assertThat(Result.of("check", "@" + words)).isEqualTo(named);
    assertThat(named.status()).isZero();
  }
}
