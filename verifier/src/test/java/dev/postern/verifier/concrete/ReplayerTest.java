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
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Gpr;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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
    Scenario under = scenario.under(EnumSet.allOf(Circumstance.class));
    assertThat(Scenario.of(under.asCounterexample("x", List.of()))).isEqualTo(under);
  }

  /** The same attack, but the hypervisor does not come back, or the guest's vectors are masked. */
  @Test
  void whatTheSurroundingsDoIsPartOfTheAttack() {
    for (String name : List.of("behind-a-hypercall", "unmasked-arithmetic")) {
      Policy flawed = Corpus.policy("landing-safe/refuted/" + name);
      Counterexample attack = attackOn(flawed, "landing-safe");
      assertThat(new Replayer(flawed).replay(attack).confirmed()).as(name).isTrue();
      Counterexample elsewhere =
          Scenario.of(attack).under(Set.of()).asCounterexample("x", List.of());
      assertThat(new Replayer(flawed).replay(elsewhere).confirmed()).as(name).isFalse();
    }
  }

  /** Only operands that the caller chose signal for certain: FLDZ has written one. */
  @Test
  void vectorsThatWereWrittenDoNotSignal() {
    Policy flawed = Corpus.policy("landing-safe/refuted/unmasked-arithmetic");
    World world = new World(flawed, "fw");
    Mapping gate =
        flawed.views().stream()
            .flatMap(view -> view.mappings().stream())
            .filter(m -> m.name().equals("gate"))
            .findFirst()
            .orElseThrow();
    byte[] page = world.page(gate, gate.gpa().value());
    byte[] code = HexFormat.of().parseHex("d9ee0f58c1"); // fldz; addps xmm0, xmm1
    System.arraycopy(code, 0, page, 0, code.length);
    Scenario unmasked =
        Scenario.at("fw", 0, gate.la().value(), Map.of()).under(Set.of(Circumstance.SSE_UNMASKED));
    ConcreteMachine machine = new ConcreteMachine(world, unmasked, OptionalLong.empty());
    assertThat(machine.step()).isEmpty();
    assertThat(machine.step()).isEmpty();
    Scenario atOnce =
        Scenario.at("fw", 0, gate.la().value() + 2, Map.of())
            .under(Set.of(Circumstance.SSE_UNMASKED));
    assertThat(new ConcreteMachine(world, atOnce, OptionalLong.empty()).step())
        .contains(new Stop.Raised(ExceptionVector.XM, false));
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

  /** What a call that comes back cannot show, in its view or behind it. */
  @Test
  void callThatComesBackIsNeitherStuckNorAstray() {
    Gate gate = GOOD.gates().getFirst();
    Counterexample call = Calls.scenario(GOOD, gate, 64).asCounterexample("x", List.of());
    for (String shows : List.of("stuck", "stray")) {
      Replayer.Replay replay = new Replayer(GOOD).replay(call.showing(shows));
      assertThat(replay.confirmed()).as(shows + ": " + replay.observation()).isFalse();
    }
  }
}
