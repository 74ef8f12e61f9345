package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.DiagnosticPrinter;
import dev.postern.dsl.resolve.Words;
import dev.postern.model.Bytes;
import dev.postern.model.Control;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/language.md is the language: its blocks are one policy, and it leaves no word out. */
final class LanguagePageTest {

  private static final Pattern BLOCK = Pattern.compile("```postern\n(.*?)```", Pattern.DOTALL);

  private final String page = read(Path.of("../docs/language.md"));

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void blocksTogetherAreOnePolicy() {
    String policy =
        BLOCK.matcher(page).results().map(m -> m.group(1)).collect(Collectors.joining("\n"));
    assertThat(policy).startsWith("policy ");
    Compilation compilation =
        PolicyCompiler.compile(
            Path.of("language.postern"),
            (path, limit) ->
                new SourceReader.Answer.Found(Bytes.of(policy.getBytes(StandardCharsets.UTF_8))));
    DiagnosticPrinter printer = new DiagnosticPrinter(compilation.texts());
    assertThat(compilation.diagnostics().stream().map(printer::print)).isEmpty();
    assertThat(compilation.policy()).isPresent();
  }

  @Test
  void everyKeywordIsOnThePage() throws IOException {
    String grammar = read(Path.of("src/main/antlr4/dev/postern/dsl/syntax/Postern.g4"));
    assertThat(
            Pattern.compile("'([a-z][a-z0-9-]+)'")
                .matcher(grammar)
                .results()
                .map(m -> m.group(1))
                .distinct())
        .hasSizeGreaterThan(90)
        .allSatisfy(word -> assertThat(page).containsPattern("\\b" + word + "\\b"));
  }

  @Test
  void everyControlWithBothSettingsIsOnThePage() {
    for (Control control : Control.values()) {
      String row = "| " + control.name() + " | `" + control.word();
      assertThat(page).contains(row);
      if (control != Control.K9) {
        assertThat(page).contains(row + " " + control.strict() + "` | `" + control.lax() + "` |");
      }
    }
  }

  @Test
  void everyWordForAValueIsOnThePage() {
    assertThat(
            java.util.stream.Stream.of(
                    Words.MEMORY_TYPES,
                    Words.LOCKS,
                    Words.FEATURES,
                    Words.L1TF,
                    Words.ROLES,
                    Words.CONTROL_REGIONS,
                    Words.EXCEPTIONS)
                .flatMap(table -> table.keySet().stream()))
        .hasSizeGreaterThan(60)
        .allSatisfy(word -> assertThat(page).containsPattern("\\b" + word + "\\b"));
  }

  @Test
  void theCodeItShowsExists() {
    assertThat(page).contains("[" + Code.OVERLAP.id() + "]");
  }
}
