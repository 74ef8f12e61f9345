package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.JsonWriter;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a proof needs besides being found: that it is about something, and the same every time. */
class TrustTest {

  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat", "attacks/P03-exit-without-check"})
  void theSamePolicyHasTheSameReport(String name) {
    Policy policy = Examples.policy(name + ".postern");

    assertThat(json(policy, Options.DEFAULT)).isEqualTo(json(policy, Options.DEFAULT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat", "attacks/P03-exit-without-check"})
  void theAnswerDoesNotDependOnThreads(String name) {
    Policy policy = Examples.policy(name + ".postern");
    Options two = new Options(Options.DEFAULT.rules(), Options.DEFAULT.timeout(), 2);

    assertThat(withoutScripts(json(policy, two)))
        .isEqualTo(withoutScripts(json(policy, Options.DEFAULT)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void everyObligationIsAboutSomething(String name) {
    Verifier.Verified verified = Verifier.run(Examples.policy(name + ".postern"), Options.DEFAULT);

    assertThat(verified.report().outcome()).isEqualTo(Verdict.PROVED);
    assertThat(verified.coverage())
        .isNotEmpty()
        .allSatisfy((what, count) -> assertThat(count).isPositive());
  }

  /**
   * What is proved of a path is proved of a path that can be taken: calls are executed until each
   * instruction behind the gate has had its turn.
   */
  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void everyInstructionBehindTheGateIsExecutedBySomeCall(String name) {
    Policy policy = Examples.policy(name + ".postern");
    AttackSearch search = new AttackSearch(policy, "fw");
    Set<Long> executed = new HashSet<>();
    search.calls(3, 1_000).forEach(call -> executed.addAll(search.run(call).executed()));

    for (Mapping mapping : policy.view("tx").orElseThrow().mappings()) {
      if (mapping.role() == Role.CODE) {
        for (int i = 0; i < mapping.image().orElseThrow().length(); i++) {
          assertThat(executed)
              .as("byte %x of protected code", i)
              .contains(mapping.la().value() + i);
        }
      }
    }
  }

  /**
   * Rules that share a walk also share its terms, whose order in a script is that in which they
   * were first made: the digest of the same questions may differ with the order of rules.
   */
  private static String withoutScripts(String json) {
    return json.replaceAll("\"smt2\": *\"[^\"]*\"", "");
  }

  /** The report with the one value that may differ taken out. */
  private static String json(Policy policy, Options options) {
    Report report = Verifier.verify(policy, options);
    return JsonWriter.pretty(ReportJson.write(report, policy)).replaceAll("\"millis\": *\\d+", "");
  }
}
