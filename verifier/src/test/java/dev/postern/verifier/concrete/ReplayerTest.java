package dev.postern.verifier.concrete;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.model.Gate;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Corpus;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.x86.Gpr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReplayerTest {

  private static final Policy GOOD = Corpus.good();

  private static Counterexample attackOn(Policy policy, String rule) {
    return Verifier.verify(policy, Options.DEFAULT).findings().stream()
        .filter(f -> f.rule().equals(rule) && f.verdict() == Verdict.REFUTED)
        .map(Finding::counterexample)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aScenarioSurvivesBeingWritten() {
    Scenario scenario =
        Scenario.at("fw", 0, 0x8000_1007L, Map.of(Gpr.RCX, 1L, Gpr.R9, -1L)).withCs(0x33);
    assertThat(Scenario.of(scenario.asCounterexample("x", List.of()))).isEqualTo(scenario);
  }

  @Test
  void aNumberThatIsNoneIsRefused() {
    Map<String, String> start = new TreeMap<>(Map.of("vm", "fw", "rip", "0xzz"));
    Counterexample broken =
        new Counterexample(
            Counterexample.Kind.EXECUTION, "x", start, List.of(), List.of(), List.of(), List.of());
    assertThatThrownBy(() -> Scenario.of(broken)).isInstanceOf(IllegalArgumentException.class);
  }

  /** What one run writes, the next does not see: worlds share what the policy says, no more. */
  @Test
  void aWorldIsNewForEachRun() {
    Replayer replayer = new Replayer(GOOD);
    Mapping mapping =
        GOOD.views().stream()
            .flatMap(view -> view.mappings().stream())
            .filter(m -> m.image().isPresent())
            .findFirst()
            .orElseThrow();
    World one = replayer.world("fw");
    byte[] before = one.page(mapping, mapping.gpa().value()).clone();
    one.page(mapping, mapping.gpa().value())[0] ^= 1;
    one.mapGuestPage(0, 0x5000, 0x6000);
    World other = replayer.world("fw");
    assertThat(other.page(mapping, mapping.gpa().value())).isEqualTo(before);
    assertThat(other.translate(0, other.slot(0).orElseThrow(), 0x5000))
        .isNotEqualTo(new World.Translation.To(0x6000));
  }

  @Test
  void aLegitimateCallBreaksNothingAndComesBack() {
    Gate gate = GOOD.gates().getFirst();
    Run run = Calls.run(new World(GOOD, "fw"), gate, 1);
    assertThat(run.violation()).isEmpty();
    assertThat(run.stop()).contains(new Stop.Returned());
    assertThat(run.calledWith()).isPresent();
    assertThat(run.switches()).hasSize(2);
  }

  @Test
  void anAttackOnAFlawedPolicyIsConfirmedThereAndNotOnTheCorrectedOne() {
    Policy flawed = Corpus.policy("landing-safe/refuted/push-before-stack");
    Counterexample attack = attackOn(flawed, "landing-safe");
    assertThat(new Replayer(flawed).replay(attack).confirmed()).isTrue();
    assertThat(new Replayer(GOOD).replay(attack).confirmed()).isFalse();
  }

  @Test
  void aCounterexampleThatWasTamperedWithDoesNotReplay() {
    Policy flawed = Corpus.policy("landing-safe/refuted/push-before-stack");
    Counterexample attack = attackOn(flawed, "landing-safe");
    Map<String, String> start = new TreeMap<>(attack.start());
    start.put("rsp", "0x10");
    Counterexample harmless =
        new Counterexample(
            attack.kind(),
            attack.attack(),
            start,
            attack.paging(),
            attack.memory(),
            attack.fetches(),
            attack.trace());
    assertThat(new Replayer(flawed).replay(harmless).confirmed()).isFalse();
  }

  @Test
  void aLeakIsShownByTwoRuns() {
    Policy leaky = Corpus.policy("exit-scrubbed/refuted/register-forgotten");
    Counterexample attack = attackOn(leaky, "exit-scrubbed");
    assertThat(attack.start()).containsEntry("shows", "leak r9");
    assertThat(new Replayer(leaky).replay(attack).observation()).contains("r9 leaves the view as");
  }
}
