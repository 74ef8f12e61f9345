package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine;

/**
 * The files of docs/ci, which users copy: YAML, with command lines that this program takes. What
 * the commands answer is in the transcript ci.txt, which runs them from the same files.
 */
class CiDocumentsTest {

  private static final Path DOCS = Path.of(System.getProperty("postern.root"), "docs");
  private static final Pattern SHOWN = Pattern.compile("(?m)^\\$ (postern .*)$");

  @ParameterizedTest
  @MethodSource("workflows")
  void workflowIsYamlWithOurCommandsInIt(Path file) throws IOException {
    List<String> commands = new ArrayList<>();
    commandsOf(parsed(Files.readString(file)), commands);
    assertThat(commands).isNotEmpty().allSatisfy(CiDocumentsTest::assertParses);
  }

  static Stream<Path> workflows() throws IOException {
    try (Stream<Path> files = Files.list(DOCS.resolve("ci"))) {
      List<Path> found = files.sorted().toList();
      assertThat(found).hasSizeGreaterThanOrEqualTo(3);
      return found.stream();
    }
  }

  @Test
  void commandsOfThePageParse() throws IOException {
    Matcher shown = SHOWN.matcher(Files.readString(DOCS.resolve("ci.md")));
    List<String> commands = shown.results().map(found -> found.group(1)).toList();
    assertThat(commands).hasSizeGreaterThan(3).allSatisfy(CiDocumentsTest::assertParses);
  }

  @Test
  void everyWorkflowIsOnThePage() throws IOException {
    String page = Files.readString(DOCS.resolve("ci.md"));
    assertThat(workflows())
        .allSatisfy(file -> assertThat(page).contains("ci/" + file.getFileName()));
  }

  /** Every string of a document that is a command line of ours. */
  private static void commandsOf(Object node, List<String> commands) {
    switch (node) {
      case Map<?, ?> map -> map.values().forEach(value -> commandsOf(value, commands));
      case List<?> list -> list.forEach(item -> commandsOf(item, commands));
      case String text -> text.lines().filter(l -> l.startsWith("postern ")).forEach(commands::add);
      case null, default -> {
        // Numbers, truth values and nothing hold no command.
      }
    }
  }

  private static void assertParses(String command) {
    List<String> words = List.of(command.split(" "));
    String[] arguments = words.subList(1, words.size()).toArray(String[]::new);
    Terminal nowhere =
        new Terminal(
            OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), false, false);
    CommandLine line = Main.commandLine(nowhere, arguments[0]);
    assertThat(line.parseArgs(arguments).subcommands()).as(command).hasSize(1);
  }

  private static Object parsed(String yaml) {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    return new Yaml(new SafeConstructor(strict)).load(yaml);
  }
}
