package dev.postern.verifier.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Lock;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Corpus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** L(v) of one policy (two VMFUNCs, one gate page, one page of code) under each lock. */
class LandingSetTest {

  private static final Policy POLICY = Corpus.good();
  private static final View VIEW = POLICY.view("tx").orElseThrow();
  private static final Vm SOURCE = POLICY.vm("fw").orElseThrow();

  private static List<Landing> under(Optional<Lock.Range> range, Lock.Kind... kinds) {
    Lock lock = new Lock(SOURCE.lock().at(), Set.of(kinds), range);
    Vm vm =
        new Vm(
            SOURCE.at(),
            SOURCE.name(),
            SOURCE.source(),
            SOURCE.destination(),
            SOURCE.vcpus(),
            SOURCE.memory(),
            lock,
            SOURCE.controls(),
            SOURCE.approvals(),
            SOURCE.aliases());
    return LandingSet.of(POLICY, VIEW, vm);
  }

  private static List<Landing> under(Lock.Kind... kinds) {
    return under(SOURCE.lock().range(), kinds);
  }

  @Test
  void aLockOnTranslationLeavesTheTwoSites() {
    assertThat(under(Lock.Kind.HLAT)).hasSize(2).allMatch(Landing::atSite);
    assertThat(under(Lock.Kind.TRUSTED_PT)).hasSize(2);
  }

  @Test
  void aRunAtTheStartOfTheLockedRangeHasAnEdge() {
    Lock.Range tight = new Lock.Range(VIEW.mappings().getFirst().la(), 1 << 20);
    assertThat(under(Optional.of(tight), Lock.Kind.HLAT))
        .hasSize(5)
        .filteredOn(landing -> !landing.atSite())
        .extracting(Landing::offset)
        .containsExactly(0L, 1L, 2L);
  }

  @Test
  void pinnedTablesLeaveTheEdgesOfEveryRun() {
    assertThat(under(Lock.Kind.PINNED_PT)).hasSize(5);
  }

  @Test
  void aScanLeavesTheOffsetsOfTheSitesInEveryPage() {
    assertThat(under(Lock.Kind.SCAN, Lock.Kind.PRIVATE_PT))
        .hasSize(4)
        .extracting(landing -> landing.offset() & 0xfff)
        .containsOnly(0xaL, under(Lock.Kind.HLAT).getLast().offset());
  }

  @Test
  void withoutALockEveryByteOfEveryExecutablePageIsALanding() {
    assertThat(under()).hasSize(2 * 4096);
    assertThat(under(Lock.Kind.PRIVATE_PT)).hasSize(2 * 4096);
  }
}
