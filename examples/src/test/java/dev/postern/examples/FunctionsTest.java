package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Replayer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each function of {@code functions} is proved as it is, and with its error refuted by the rule
 * that stands beside the error, with runs that replay: as gcc -O2 compiled what is checked in, a
 * sample of it in the fast suites, and, where there are compilers, as they compile it at other
 * levels.
 */
class FunctionsTest {

  private static final Path HOME = Examples.file("functions");
  private static final Pattern FUNCTION = Pattern.compile("(?m)^u64 (\\w+)\\(");
  private static final Pattern ERROR = Pattern.compile("#ifn?def BUG /\\* ([a-z, -]+): ");

  /**
   * One function.
   *
   * @param rules the first refutes the error, the others may
   */
  record Function(String name, List<RuleId> rules) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Function> functions() throws IOException {
    List<Function> functions = new ArrayList<>();
    try (Stream<Path> files = Files.list(HOME)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".c")).sorted().toList()) {
        String source = Files.readString(file);
        Matcher function = FUNCTION.matcher(source);
        Matcher error = ERROR.matcher(source);
        while (function.find()) {
          assertThat(error.find(function.end())).as("%s has an error", function.group(1)).isTrue();
          functions.add(new Function(function.group(1), rules(error.group(1))));
        }
      }
    }
    return functions;
  }

  private static List<RuleId> rules(String names) {
    return Stream.of(names.split(", ")).map(name -> RuleId.of(name).orElseThrow()).toList();
  }

  @Test
  void thereAreFortyFunctions() throws IOException {
    assertThat(functions()).hasSizeGreaterThanOrEqualTo(40).doesNotHaveDuplicates();
  }

  /** Every fourth: each file has one among them. */
  static List<Function> sample() throws IOException {
    List<Function> all = functions();
    return IntStream.range(0, all.size()).filter(i -> i % 4 == 0).mapToObj(all::get).toList();
  }

  @ParameterizedTest
  @MethodSource("sample")
  void isProvedAndItsErrorRefuted(Function function) {
    check(function, HOME);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("functions")
  void eachIsProvedAndItsErrorRefuted(Function function) {
    check(function, HOME);
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"O1", "Os", "O3"})
  void likewiseAtOtherLevels(String level, @TempDir Path directory) throws Exception {
    if (!Tools.found("gcc")) {
      System.out.println("SKIPPED: functions at -" + level + ": gcc is not installed");
    }
    Assumptions.assumeTrue(Tools.found("gcc"), "gcc is not installed");
    assertThat(Tools.run(HOME, "./build.sh", directory.toString(), "gcc", level)).isZero();

    for (Function function : functions()) {
      check(function, directory);
    }
  }

  /** Objects of {@code directory} in the view that {@code functions.postern} has. */
  private static void check(Function function, Path directory) {
    Report proved = verify(policy(function, directory, "functions.o"));
    assertThat(proved.outcome()).as(function + said(proved)).isEqualTo(Verdict.PROVED);

    Policy wrong = policy(function, directory, "functions-bug.o");
    Report refuted = verify(wrong);
    List<Finding> attacks =
        refuted.findings().stream().filter(f -> f.verdict() == Verdict.REFUTED).toList();
    Set<RuleId> by =
        attacks.stream()
            .map(finding -> RuleId.of(finding.rule()).orElseThrow())
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(RuleId.class)));
    assertThat(by)
        .as(function + " with its error" + said(refuted))
        .contains(function.rules().getFirst())
        .isSubsetOf(function.rules());
    for (Finding attack : attacks) {
      assertThat(new Replayer(wrong).replay(attack.counterexample().orElseThrow()).confirmed())
          .as("%s: %s", function, attack.message())
          .isTrue();
    }
  }

  private static Report verify(Policy policy) {
    return Verifier.verify(policy, Options.DEFAULT);
  }

  static Policy policy(Function function, Path directory, String object) {
    Path file = directory.resolve("functions.postern");
    SourceReader reader =
        (path, limit) ->
            path.equals(file)
                ? new SourceReader.Answer.Found(text(function, object))
                : SourceReader.FILES.read(path, limit);
    Compilation compilation = PolicyCompiler.compile(file, reader);
    return compilation
        .policy()
        .orElseThrow(() -> new AssertionError(function + ": " + compilation.diagnostics()));
  }

  private static Bytes text(Function function, String object) {
    try {
      String template = Files.readString(HOME.resolve("functions.postern"));
      return Bytes.of(
          template
              .replace("ring_push", function.name())
              .replace("functions.o", object)
              .getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String said(Report report) {
    return report.findings().stream()
        .filter(finding -> finding.verdict() != Verdict.PROVED)
        .map(finding ->
            "%n  %s %s %s: %s %s"
                .formatted(
                    finding.verdict(),
                    finding.rule(),
                    finding.subject(),
                    finding.message(),
                    finding.reason().orElse("")))
        .collect(Collectors.joining());
  }
}
