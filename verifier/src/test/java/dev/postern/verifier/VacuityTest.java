package dev.postern.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

/** What a rule proves of a policy, it proves of something: every obligation speaks of frames. */
class VacuityTest {

  private static final Path POLICY =
      Path.of("src/test/resources/rules/destination-approved/proved/large-page-approved.postern");

  @Test
  void everyObligationSpeaksOfSomething() {
    Policy policy = PolicyCompiler.compile(POLICY).policy().orElseThrow();
    List<Rule> rules =
        Rules.ALL.stream().filter(rule -> rule.id().level() == RuleId.Level.CONFINEMENT).toList();
    try (ForkJoinPool pool = new ForkJoinPool(1)) {
      Verification run =
          new Verification(policy, Options.DEFAULT, dev.postern.verifier.evidence.Engine.Z3, pool);
      List<Finding> findings = Findings.of(rules, run);
      assertThat(findings).extracting(Finding::verdict).containsOnly(Verdict.PROVED);
      assertThat(run.coverage().keySet())
          .extracting(what -> what.substring(0, what.indexOf(':')))
          .containsAll(rules.stream().map(rule -> rule.id().id()).toList());
      assertThat(run.coverage())
          .allSatisfy((what, count) -> assertThat(count).as(what).isPositive());
    }
  }

  @Test
  void jobsDoNotChangeTheAnswer() {
    Policy policy = PolicyCompiler.compile(POLICY).policy().orElseThrow();
    Options one =
        Options.DEFAULT.withRules(
            Set.of(
                RuleId.DESTINATION_APPROVED,
                RuleId.FRAMES_WRITE_XOR_EXECUTE,
                RuleId.EPT_WELL_FORMED));
    Options two = new Options(one.rules(), one.timeout(), 2);
    assertThat(Verifier.verify(policy, two).findings())
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*millis")
        .isEqualTo(Verifier.verify(policy, one).findings());
  }
}
