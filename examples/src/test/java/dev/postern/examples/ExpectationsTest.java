package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each example is answered as its first line says, by the rules it names and by no other. */
class ExpectationsTest {

  /** Attacks by threat that break one rule and no other, at the least. */
  private static final int ATTACKS = 80;

  private static final Set<RuleId> EXISTING =
      Rules.ALL.stream()
          .map(Rule::id)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(RuleId.class)));

  static Stream<Path> policies() throws IOException {
    return Examples.expecting().stream().filter(file -> !expectation(file).slow());
  }

  static Stream<Path> slowPolicies() throws IOException {
    return Examples.expecting().stream().filter(file -> expectation(file).slow());
  }

  private static Expectation expectation(Path file) {
    try {
      return Expectation.of(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void isAnsweredAsItsHeadSays(Path file) {
    check(file);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("slowPolicies")
  void isAnsweredAsItsHeadSaysInTime(Path file) {
    check(file);
  }

  private static void check(Path file) {
    Expectation expected = expectation(file);
    Policy policy = Examples.compile(file);

    Report report = Verifier.verify(policy, Options.DEFAULT.withRules(EXISTING));

    Set<RuleId> owed = EnumSet.copyOf(EXISTING);
    owed.retainAll(expected.refuting());
    assertThat(refuting(report)).as(said(report)).isEqualTo(owed);
    if (owed.isEmpty()) {
      assertThat(report.outcome()).as(said(report)).isEqualTo(Verdict.PROVED);
    }
    expected
        .rule()
        .ifPresent(rule ->
            assertThat(refuted(report))
                .as(said(report))
                .anyMatch(finding ->
                    finding.rule().equals(rule.id())
                        && finding.discharges().containsAll(expected.obligations())));
    for (Report.ViewVerdict view : report.views()) {
      expected.confinement().ifPresent(v -> assertThat(view.confinement()).isEqualTo(v));
      expected.mediation().ifPresent(v -> assertThat(view.mediation()).isEqualTo(v));
    }
    refuted(report).forEach(finding -> assertReplays(policy, finding));
  }

  private static void assertReplays(Policy policy, Finding finding) {
    Counterexample attack = finding.counterexample().orElseThrow();
    Replayer.Replay replay = new Replayer(policy).replay(attack);
    assertThat(replay.confirmed())
        .as("%s: %s: %s", finding.rule(), attack.attack(), replay.observation())
        .isTrue();
  }

  /** What a policy alone can break; the loader decides the rest. */
  @Test
  void everyTheoremHasAttacks() throws IOException {
    Set<RuleId> untouched = EnumSet.copyOf(EXISTING);
    for (Path file : Examples.expecting()) {
      untouched.removeAll(expectation(file).refuting());
    }
    assertThat(untouched).as("rules that no policy here breaks").isEmpty();
  }

  /** Named by threat, one flaw each: nothing else says of a rule that only it stops the attack. */
  @Test
  void attacksByThreatBreakOneRuleEach() throws IOException {
    List<Path> attacks =
        Examples.expecting().stream()
            .filter(file -> file.getFileName().toString().matches("T\\d\\d-.*"))
            .filter(file -> expectation(file).refuting().size() == 1)
            .toList();
    assertThat(attacks).hasSizeGreaterThanOrEqualTo(ATTACKS);
  }

  /** The attacks are tried again on it, on the emulated processor. */
  @Test
  void everyAttackNamesAPolicyWithoutTheFlaw() throws IOException {
    List<Path> attacks =
        Examples.expecting().stream().filter(file -> expectation(file).rule().isPresent()).toList();
    assertThat(attacks).hasSizeGreaterThanOrEqualTo(ATTACKS);
    for (Path attack : attacks) {
      Path corrected =
          expectation(attack).corrected().orElseThrow(() -> new AssertionError(attack));
      assertThat(corrected).as("corrected policy of %s", attack).isRegularFile();
      assertThat(expectation(corrected).refuting()).as("%s, of %s", corrected, attack).isEmpty();
      assertThat(sources(corrected))
          .as("%s, of %s", corrected, attack)
          .containsAll(sources(attack));
    }
  }

  /** Names of the VMs that counterexamples start in. */
  private static Set<String> sources(Path file) {
    return Examples.compile(file).vms().stream()
        .filter(Vm::source)
        .map(Vm::name)
        .collect(Collectors.toSet());
  }

  private static Set<RuleId> refuting(Report report) {
    return refuted(report).stream()
        .map(finding -> RuleId.of(finding.rule()).orElseThrow())
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(RuleId.class)));
  }

  private static List<Finding> refuted(Report report) {
    return report.findings().stream().filter(f -> f.verdict() == Verdict.REFUTED).toList();
  }

  private static String said(Report report) {
    return report.findings().stream()
        .filter(finding -> finding.verdict() != Verdict.PROVED)
        .map(finding ->
            "%n  %s %s %s %s: %s %s"
                .formatted(
                    finding.verdict(),
                    finding.rule(),
                    finding.view(),
                    finding.subject(),
                    finding.message(),
                    finding.reason().orElse("")))
        .collect(Collectors.joining());
  }
}
