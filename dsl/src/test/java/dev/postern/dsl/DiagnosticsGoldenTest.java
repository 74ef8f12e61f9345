package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.DiagnosticPrinter;
import dev.postern.model.Bytes;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each policy under diagnostics/ is wrong in one way; beside it stands exactly what is said. */
final class DiagnosticsGoldenTest {

  private static final Path DIRECTORY = Path.of("src/test/resources/diagnostics");

  static java.util.List<Path> policies() {
    return Golden.policies(DIRECTORY);
  }

  private static final Map<Path, Compilation> COMPILED = new ConcurrentHashMap<>();

  private static Compilation compile(Path policy) {
    return COMPILED.computeIfAbsent(policy, DiagnosticsGoldenTest::compiled);
  }

  private static Compilation compiled(Path policy) {
    return PolicyCompiler.compile(
        policy.getFileName(),
        (path, limit) ->
            GeneratedFiles.find(path)
                .map(bytes -> limited(bytes, limit))
                .orElseGet(() -> SourceReader.FILES.read(DIRECTORY.resolve(path), limit)));
  }

  private static SourceReader.Answer limited(Bytes bytes, int limit) {
    return bytes.size() > limit
        ? new SourceReader.Answer.TooLarge()
        : new SourceReader.Answer.Found(bytes);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void saysExactlyThis(Path policy) {
    Compilation compilation = compile(policy);
    DiagnosticPrinter printer = new DiagnosticPrinter(compilation.texts());
    String said =
        compilation.diagnostics().size() < 20
            ? compilation.diagnostics().stream().map(printer::print).collect(Collectors.joining())
            : printer.print(compilation.diagnostics().getLast());
    assertThat(compilation.policy()).isEmpty();
    String name = policy.getFileName().toString();
    Golden.compare(DIRECTORY.resolve(name.replace(".postern", ".txt")), said);
    assertThat(said).contains("[" + code(name).id() + "]");
  }

  /** A golden file is named by its code, and a case behind a dot. */
  private static Code code(String file) {
    String id = file.substring(0, file.indexOf('.'));
    return java.util.Arrays.stream(Code.values())
        .filter(code -> code.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no code is named " + id));
  }

  @Test
  void everyCodeIsProducedBySomeFile() {
    Set<Code> produced = EnumSet.noneOf(Code.class);
    for (Path policy : policies()) {
      compile(policy).diagnostics().stream().map(Diagnostic::code).forEach(produced::add);
    }
    assertThat(EnumSet.complementOf(EnumSet.copyOf(produced))).isEmpty();
  }
}
