package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.diagnostic.DiagnosticPrinter;
import dev.postern.dsl.print.PolicyPrinter;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** parse(print(p)) = p, compared as canonical JSON, which has everything but places. */
final class PrinterTest {

  private static final Path EXAMPLES = Path.of("../examples");

  static List<Path> policies() throws IOException {
    try (Stream<Path> files = Files.walk(EXAMPLES)) {
      return files
          .filter(f -> f.toString().endsWith(".postern"))
          .filter(PrinterTest::isPolicy)
          .sorted()
          .toList();
    }
  }

  private static boolean isPolicy(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.anyMatch(line -> line.startsWith("policy "));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Policy parse(String text) {
    Compilation compilation =
        PolicyCompiler.compile(
            Path.of("printed.postern"),
            (path, limit) ->
                new SourceReader.Answer.Found(Bytes.of(text.getBytes(StandardCharsets.UTF_8))));
    DiagnosticPrinter printer = new DiagnosticPrinter(compilation.texts());
    assertThat(compilation.diagnostics().stream().map(printer::print)).as(text).isEmpty();
    return compilation.policy().orElseThrow();
  }

  private static void roundTrip(Policy policy) {
    String printed = PolicyPrinter.print(policy);
    Policy again = parse(printed);
    assertThat(text(again)).isEqualTo(text(policy));
    assertThat(PolicyPrinter.print(again)).isEqualTo(printed);
  }

  private static String text(Policy policy) {
    return new String(PolicyJson.canonical(policy), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void examplesSurvive(Path file) {
    Compilation compilation = PolicyCompiler.compile(file);
    assertThat(compilation.diagnostics()).isEmpty();
    roundTrip(compilation.policy().orElseThrow());
  }

  @Test
  void sketchSurvives() {
    roundTrip(
        PolicyCompiler.compile(Path.of("src/test/resources/policies/sketch.postern"))
            .policy()
            .orElseThrow());
  }

  @Property(tries = 300)
  void anyPolicySurvives(@ForAll long seed) {
    roundTrip(SoundPolicy.of(seed));
  }
}
