package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Scenario;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnactmentTest {

  /** Two loads of one word that answer differently: neither answer stays in memory. */
  @Test
  void whatOneLoadIsAnsweredIsTakenBackBeforeTheNextInstruction() {
    Policy policy =
        PolicyCompiler.compile(Path.of("../examples/attacks/P22a-double-fetch.postern"))
            .policy()
            .orElseThrow();
    Counterexample attack =
        Verifier.verify(policy, Options.DEFAULT).findings().stream()
            .map(Finding::counterexample)
            .flatMap(Optional::stream)
            .filter(each -> each.fetches().size() > 1)
            .findFirst()
            .orElseThrow();

    List<Enactment.Write> writes =
        Enactment.of(policy, Scenario.of(attack), Executions.LIMIT).writes();

    assertThat(writes).hasSizeGreaterThanOrEqualTo(4);
    for (int i = 0; i < writes.size(); i += 2) {
      Enactment.Write answer = writes.get(i);
      assertThat(writes.get(i + 1))
          .isEqualTo(
              new Enactment.Write(
                  answer.view(),
                  answer.gpa(),
                  "0".repeat(answer.bytes().length()),
                  answer.when() + 1));
    }
  }
}
