package dev.postern.verifier.concrete;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.verifier.Corpus;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RehearsalTest {

  private static Optional<Scenario> tooLong(Policy policy) {
    return Rehearsal.tooLong(new Replayer(policy), policy, policy.gates().getFirst());
  }

  @Test
  void whatItFindsIsLongerThanTheGateAllows() {
    Policy policy = Corpus.policy("bounded/refuted/rounds-from-window");
    Gate gate = policy.gates().getFirst();
    Scenario call = tooLong(policy).orElseThrow();
    Run run =
        Run.untraced(
            new Replayer(policy).world(call.vm()),
            call,
            Judge.Baseline.LEARNING,
            (int) gate.maxInstructions() + 1024);
    assertThat(run.calledWith()).isPresent();
    assertThat(run.protectedSteps()).isGreaterThan(gate.maxInstructions());
    assertThat(tooLong(policy)).as("the same each time").contains(call);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gate-live/proved/comes-back", "bounded/proved/counted-loop"})
  void aCallWithinItsBoundIsNotFound(String name) {
    assertThat(tooLong(Corpus.policy(name))).isEmpty();
  }
}
