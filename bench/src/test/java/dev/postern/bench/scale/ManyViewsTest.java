package dev.postern.bench.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Replayer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What views have in common is learnt once for all of them; a flaw of one of many is still found,
 * and laid to that view.
 */
class ManyViewsTest {

  private static final int VIEWS = 24;

  /** The flawed one, and its EPTP-list index. */
  private static final int FLAWED = 17;

  private static final String BEGIN = "code c" + FLAWED + " {";
  private static final String END = "code c" + (FLAWED + 1) + " {";

  @Test
  void allAreProved() {
    Report report = verify(compile(ManyViews.policy(VIEWS)), 1);
    assertThat(report.outcome()).isEqualTo(Verdict.PROVED);
    assertThat(report.views()).hasSize(VIEWS);
  }

  static Stream<Arguments> flaws() {
    return Stream.of(
        Arguments.of("cmp ecx, 17", "cmp ecx, 16", "gate-live"),
        Arguments.of("mov esp, 0x40114000", "nop", "landing-safe"),
        Arguments.of("xor edx, edx", "mov edx, [rdi]", "exit-scrubbed"),
        Arguments.of("popfq\n            lfence", "popfq", "speculation"),
        Arguments.of("mov ecx, 64", "mov ecx, 0x00d4010f", "vmfunc-confined"),
        Arguments.of("mov edi, 0x40117000", "mov edi, 0x40107000", "accesses-in-windows"),
        Arguments.of("0x40117000 rw", "0x40117000 rwx", "windows-not-executable"),
        Arguments.of("nat.inbox17", "nat.ram[0x60_0000 size 4KiB]", "destination-approved"));
  }

  /** One ingredient of one view is changed: an instruction, a permission, an index, an address. */
  @ParameterizedTest
  @MethodSource("flaws")
  void theFlawOfOneIsFoundInThatOne(String proper, String flawed, String rule) {
    Policy policy = compile(flawed(proper, flawed));
    Report report = verify(policy, 2);
    List<Finding> refuted =
        report.findings().stream().filter(f -> f.verdict() == Verdict.REFUTED).toList();
    assertThat(refuted).extracting(Finding::rule).contains(rule);
    assertThat(refuted).extracting(Finding::view).containsOnly("v" + FLAWED);
    Replayer replayer = new Replayer(policy);
    assertThat(refuted)
        .allSatisfy(finding ->
            assertThat(replayer.replay(finding.counterexample().orElseThrow()).confirmed())
                .isTrue());
    assertThat(mediated(report)).doesNotContain("v" + FLAWED);
  }

  /** Under one set of locked tables a linear address that two views use differently is theirs. */
  @Test
  void anAddressOfAnotherViewIsAFlawOfBoth() {
    Report report =
        verify(compile(flawed("at 0x40115000 r ", "at 0x40115000 la 0x40103000 r ")), 2);
    assertThat(report.findings())
        .filteredOn(f -> f.rule().equals("lock-sufficient") && f.verdict() == Verdict.REFUTED)
        .extracting(Finding::view)
        .containsOnly("v" + (FLAWED - 1), "v" + FLAWED);
  }

  @Test
  void jobsDoNotChangeTheReport() {
    Policy policy = compile(flawed("xor edx, edx", "mov edx, [rdi]"));
    assertThat(verify(policy, 2))
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*millis")
        .isEqualTo(verify(policy, 1));
  }

  private static Set<String> mediated(Report report) {
    return report.views().stream()
        .filter(view -> view.mediation() == Verdict.PROVED && view.confinement() == Verdict.PROVED)
        .map(view -> view.name())
        .collect(Collectors.toSet());
  }

  private static String flawed(String proper, String flawed) {
    String text = ManyViews.policy(VIEWS);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    String one = text.substring(begin, end);
    assertThat(one).containsOnlyOnce(proper);
    return text.substring(0, begin) + one.replace(proper, flawed) + text.substring(end);
  }

  private static Report verify(Policy policy, int jobs) {
    return Verifier.verify(
        policy, new Options(Options.DEFAULT.rules(), Options.DEFAULT.timeout(), jobs));
  }

  private static Policy compile(String policy) {
    Bytes text = Bytes.of(policy.getBytes(StandardCharsets.UTF_8));
    var compilation =
        PolicyCompiler.compile(
            Path.of("many-views.postern"), (path, limit) -> new SourceReader.Answer.Found(text));
    return compilation
        .policy()
        .orElseThrow(() -> new AssertionError(compilation.diagnostics().toString()));
  }
}
