package dev.postern.verifier.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Replayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code rules/RULE/refuted}: policies with one flaw, which that rule refutes and no other of its
 * kind; where one flaw opens the door to a second rule's attack, the policy names it after {@code
 * // also:}. {@code rules/RULE/proved}: near misses.
 */
class RuleCorpusTest {

  private static final Path CORPUS = Path.of("src/test/resources/rules");

  /** Rules that need no code run with others of their kind; those about code with all. */
  private static final Set<RuleId> HOST =
      EnumSet.of(RuleId.EVENTS_CONFINED, RuleId.PLATFORM_PINNED);

  static Stream<Rule> rules() {
    return Rules.ALL.stream();
  }

  static Stream<Arguments> refuted() {
    return policies("refuted");
  }

  static Stream<Arguments> proved() {
    return policies("proved");
  }

  private static Stream<Arguments> policies(String kind) {
    return rules()
        .flatMap(rule ->
            files(rule.id(), kind).stream()
                .map(file -> Arguments.of(rule.id(), file.getFileName().toString(), file)));
  }

  private static List<Path> files(RuleId rule, String kind) {
    Path folder = CORPUS.resolve(rule.id()).resolve(kind);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".postern")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void everyRuleHasBothKinds(Rule rule) {
    assertThat(files(rule.id(), "refuted")).isNotEmpty();
    assertThat(files(rule.id(), "proved")).isNotEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("refuted")
  void refutedByThisRuleAlone(RuleId rule, String name, Path file) {
    Policy policy = compile(file);
    Report report = Verifier.verify(policy, options(rule));
    assertThat(
            report.findings().stream()
                .filter(finding -> finding.verdict() == Verdict.REFUTED)
                .map(Finding::rule)
                .collect(Collectors.toSet()))
        .isEqualTo(expected(rule, file));
    assertThat(report.findings())
        .filteredOn(finding -> finding.verdict() == Verdict.REFUTED)
        .allSatisfy(finding ->
            assertThat(
                    new Replayer(policy).replay(finding.counterexample().orElseThrow()).confirmed())
                .isTrue());
  }

  /** The rule, and what the policy says after "// also:". */
  private static Set<String> expected(RuleId rule, Path file) {
    Set<String> expected = new TreeSet<>(Set.of(rule.id()));
    try (Stream<String> lines = Files.lines(file)) {
      lines
          .filter(line -> line.startsWith("// also: "))
          .flatMap(line -> Stream.of(line.substring("// also: ".length()).split(" ")))
          .forEach(expected::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return expected;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("proved")
  void nearMissesAreProved(RuleId rule, String name, Path file) {
    Report report = Verifier.verify(compile(file), options(rule));
    assertThat(report.findings())
        .filteredOn(finding -> finding.verdict() != Verdict.PROVED)
        .extracting(Finding::message)
        .isEmpty();
    assertThat(report.findings()).extracting(Finding::rule).contains(rule.id());
  }

  /** The rule and those of its kind; for a rule about code, all. */
  private static Options options(RuleId rule) {
    if (rule.level() != RuleId.Level.CONFINEMENT && !HOST.contains(rule)) {
      return Options.DEFAULT;
    }
    return Options.DEFAULT.withRules(
        rule.level() == RuleId.Level.CONFINEMENT
            ? Stream.of(RuleId.values())
                .filter(other -> other.level() == RuleId.Level.CONFINEMENT)
                .collect(Collectors.toSet())
            : HOST);
  }

  private static Policy compile(Path file) {
    Compilation compilation = PolicyCompiler.compile(file);
    assertThat(compilation.diagnostics()).isEmpty();
    return compilation.policy().orElseThrow();
  }
}
