package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Policy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The search is able to find what it looks for: each attack planted in a policy by one flaw, and
 * none where the flaw is put right. Its silence about a proved policy means something only because
 * of this.
 */
class AttackSearchTest {

  private static final long SEED = 20140815;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "P02-no-lock",
        "P03-exit-without-check",
        "P04-push-before-stack",
        "P05a-partial-compare",
        "P09-private-tables-alone",
        "P10a-congruent-landing",
        "P11-no-mode-probe",
        "P12-padded-with-vmcall",
      })
  void findsThePlantedAttack(String name) {
    Policy policy = Examples.policy("attacks/" + name + ".postern");

    Optional<AttackSearch.Attack> attack = new AttackSearch(policy, "fw").search(SEED, 20_000);

    assertThat(attack).as(name).isPresent();
  }

  @Test
  void findsTheLeak() {
    Policy policy = Examples.policy("attacks/P25-byte-left-in-register.postern");

    assertThat(new AttackSearch(policy, "fw").searchLeaks(SEED, 200))
        .hasValueSatisfying(leak -> assertThat(leak.violation()).startsWith("RDX leaves"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "p1/p1",
        "vhost-tx/fw-to-nat",
        "attacks/P05b-partial-compare-two-views",
        "attacks/P07b-rex2-without-apx",
        "attacks/P08b-pages-end-in-int3",
        "attacks/P10b-congruent-trap",
        "attacks/P22b-single-fetch",
        "attacks/P23b-subtracting-bound",
      })
  void findsNothingWhereTheFlawIsPutRight(String name) {
    AttackSearch search = new AttackSearch(Examples.policy(name + ".postern"), "fw");

    assertThat(search.search(SEED, 1_000)).as(name).isEmpty();
    assertThat(search.searchLeaks(SEED, 100)).as(name).isEmpty();
  }
}
