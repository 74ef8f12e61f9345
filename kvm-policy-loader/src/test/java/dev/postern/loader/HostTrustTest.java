package dev.postern.loader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.Journal;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.check.Reason;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.trust.Trust;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which trust a host goes by, which versions it remembers under it, and what takes neither back.
 */
class HostTrustTest {

  @TempDir Path directory;

  @Test
  void versionsOnlyGrow() throws Exception {
    try (StateDirectory state = open()) {
      assertThat(load(version(8), state)).isInstanceOf(LoadResult.Installed.class);
      assertThat(load(version(8), state)).isInstanceOf(LoadResult.AlreadyInstalled.class);
      assertThat(((LoadResult.NotTrusted) load(version(7), state)).refusals())
          .containsExactly(new Refusal(Reason.NOT_NEWER, "version 7 is not above 8"));
      assertThat(state.journal().entries().getLast().event().kind()).isEqualTo(Event.Kind.REFUSED);
      assertThat(state.journal().entries().getLast().event().reasons())
          .containsExactly("version 7 is not above 8 [not-newer]");
      byte[] another =
          Samples.bundle(policy(8), new Report.Assumption("O-27", "tables belong to one"));
      assertThat(reasons(load(another, state))).containsExactly(Reason.NOT_NEWER);
      assertThat(Unloader.unload("fw-to-nat", state)).isTrue();
      assertThat(directory.resolve("image")).doesNotExist();
      assertThat(reasons(load(version(7), state))).containsExactly(Reason.NOT_NEWER);
      assertThat(Unloader.unload("fw-to-nat", state)).isFalse();
      assertThat(load(version(8), state)).isInstanceOf(LoadResult.Installed.class);
    }
  }

  @Test
  void theFirstTrustIsTakenByHandAndThenRemembered() throws Exception {
    try (StateDirectory state = open()) {
      assertThat(reasons(load(version(7), Optional.empty(), state)))
          .containsExactly(Reason.TRUST_MISSING);
      // A file that vouches for nothing here pins nobody.
      Trust revoking = revoking(1, 0, id(version(7)));
      assertThat(reasons(load(version(7), Optional.of(revoking.write()), state)))
          .containsExactly(Reason.REVOKED);
      assertThat(state.trust()).isEmpty();
      assertThat(load(version(7), Optional.of(Samples.trust().write()), state))
          .isInstanceOf(LoadResult.Installed.class);
      assertThat(state.trust()).contains(Samples.trust());
      assertThat(load(version(8), Optional.empty(), state))
          .as("by the trust that is remembered")
          .isInstanceOf(LoadResult.Installed.class);
      assertThat(Status.of(state).trust()).contains(new State.Trusted(1, Samples.trust().id()));
      assertThat(kinds(state))
          .containsExactly(
              Event.Kind.REFUSED,
              Event.Kind.REFUSED,
              Event.Kind.TRUSTED,
              Event.Kind.INSTALLING,
              Event.Kind.INSTALLED,
              Event.Kind.INSTALLING,
              Event.Kind.INSTALLED);
    }
  }

  @Test
  void aTrustDoesNotGoBackAndGoesOnByItsChain() throws Exception {
    try (StateDirectory state = open()) {
      load(version(7), state);
      byte[] bad = version(8);
      Trust two = revoking(2, 0, id(bad));
      assertThat(reasons(load(bad, Optional.of(two.write()), state)))
          .as("by its own word")
          .containsExactly(Reason.TRUST_CHAIN);
      assertThat(reasons(load(bad, Optional.of(Samples.chain(two, false)), state)))
          .as("unsigned")
          .containsExactly(Reason.UNSIGNED);
      assertThat(load(bad, Optional.empty(), state)).isInstanceOf(LoadResult.Installed.class);
      // The revocation holds although the bundle it came with is refused for it.
      assertThat(reasons(load(bad, Optional.of(Samples.chain(two, true)), state)))
          .containsExactly(Reason.REVOKED);
      assertThat(state.trust()).contains(two);
      assertThat(reasons(load(bad, Optional.empty(), state))).containsExactly(Reason.REVOKED);
      assertThat(reasons(load(bad, Optional.of(Samples.trust().write()), state)))
          .as("the trust of yesterday")
          .containsExactly(Reason.TRUST_ROLLBACK);
      assertThat(state.trust()).contains(two);
    }
  }

  @Test
  void whatAStrangerMakesTheJournalSayHasAnEnd() throws Exception {
    TreeMap<String, Bytes> members =
        new TreeMap<>(dev.postern.signer.bundle.Bundle.read(version(7)).members());
    for (int i = 0; i < 1000; i++) {
      members.put("evidence/%04d".formatted(i), Bytes.of((byte) 'x'));
    }
    try (StateDirectory state = open()) {
      byte[] stuffed = new dev.postern.signer.bundle.Bundle(members).bytes();
      assertThat(reasons(load(stuffed, state))).hasSize(1000).containsOnly(Reason.MEMBER_UNLISTED);
      List<String> said = state.journal().entries().getLast().event().reasons();
      assertThat(said).hasSize(65);
      assertThat(said.getLast()).isEqualTo("936 more");
    }
    assertThat(Loader.bounded(List.of("x".repeat(501)))).containsExactly("x".repeat(500) + "…");
  }

  /** Version 2^63-1, signed with a stolen key, is no end: a later ratchet epoch begins anew. */
  @Test
  void aVersionRunUpToTheTopIsRecoveredFrom() throws Exception {
    try (StateDirectory state = open()) {
      load(version(Long.MAX_VALUE), state);
      assertThat(reasons(load(version(9), state))).containsExactly(Reason.NOT_NEWER);
      Optional<byte[]> chain = Optional.of(Samples.chain(Samples.trust(2, 1), true));
      assertThat(load(version(9), chain, state)).isInstanceOf(LoadResult.Installed.class);
      assertThat(reasons(load(version(8), chain, state)))
          .as("a chain that was followed already leads nowhere else")
          .containsExactly(Reason.NOT_NEWER);
      assertThat(reasons(load(version(10), Optional.of(Samples.trust().write()), state)))
          .containsExactly(Reason.TRUST_ROLLBACK);
      assertThat(load(version(10), Optional.empty(), state))
          .isInstanceOf(LoadResult.Installed.class);
    }
  }

  @Test
  void aNewRootIsTakenByHandInALaterEpochOnly() throws Exception {
    try (StateDirectory state = open()) {
      load(version(7), Optional.of(Samples.trust(5, 3).write()), state);
      LoadRequest request = Samples.request(version(8), Samples.host());
      assertThat(reasons(newRoot(request, Samples.trust(1, 3), state)))
          .containsExactly(Reason.TRUST_ROLLBACK);
      assertThat(newRoot(request, Samples.trust(1, 4), state))
          .isInstanceOf(LoadResult.Installed.class);
      assertThat(state.trust()).contains(Samples.trust(1, 4));
      assertThat(
              state.journal().entries().stream()
                  .map(Journal.Entry::event)
                  .filter(event -> event.kind() == Event.Kind.TRUSTED)
                  .map(event -> event.reasons().getFirst()))
          .containsExactly("the first, by hand", "a new root, by hand");
    }
  }

  @Test
  void aDryRunGoesByATrustAndRemembersNone() throws Exception {
    try (StateDirectory state = open()) {
      LoadRequest request = Samples.request(version(7), Samples.host());
      assertThat(Loader.dryRun(request, installer(), Optional.of(state)))
          .isInstanceOf(LoadResult.Planned.class);
      assertThat(state.trust()).isEmpty();
      load(version(7), state);
      Optional<byte[]> chain = Optional.of(Samples.chain(Samples.trust(2, 0), true));
      assertThat(Loader.dryRun(with(request, chain, Samples.NOW), installer(), Optional.of(state)))
          .isInstanceOf(LoadResult.Planned.class);
      assertThat(state.trust()).contains(Samples.trust());
    }
  }

  @Test
  void theHostsClockCounts() throws Exception {
    try (StateDirectory state = open()) {
      LoadRequest request = Samples.request(version(7), Samples.host());
      Instant end = Samples.trust().expires().orElseThrow();
      Optional<byte[]> trust = Optional.of(Samples.trust().write());
      LoadResult soon =
          Loader.load(
              with(request, trust, end.minusSeconds(86_400)), installer(), Optional.of(state));
      assertThat(((LoadResult.Installed) soon).receipt().steps())
          .contains("trust version 1 ends at 2030-01-01T00:00:00Z: less than 30 days are left");
      LoadResult late =
          Loader.load(
              with(request, Optional.empty(), end.plusSeconds(300)),
              installer(),
              Optional.of(state));
      assertThat(reasons(late)).containsExactly(Reason.TRUST_EXPIRED);
    }
  }

  private StateDirectory open() throws Exception {
    return StateDirectory.open(
        directory.resolve("state"), new DurableDisk(), () -> Instant.ofEpochSecond(1));
  }

  private ImageInstaller installer() {
    return new ImageInstaller(directory.resolve("image"), new DurableDisk());
  }

  private LoadResult load(byte[] bundle, StateDirectory state) throws Exception {
    return load(bundle, Optional.of(Samples.trust().write()), state);
  }

  private LoadResult load(byte[] bundle, Optional<byte[]> trust, StateDirectory state)
      throws Exception {
    return Loader.load(
        with(Samples.request(bundle, Samples.host()), trust, Samples.NOW),
        installer(),
        Optional.of(state));
  }

  private LoadResult newRoot(LoadRequest r, Trust trust, StateDirectory state) throws Exception {
    return Loader.load(
        new LoadRequest(
            r.bundle(),
            Optional.of(Bytes.of(trust.write())),
            true,
            r.now(),
            r.frames(),
            r.allowPartial(),
            r.host()),
        installer(),
        Optional.of(state));
  }

  private static LoadRequest with(LoadRequest r, Optional<byte[]> trust, Instant now) {
    return new LoadRequest(
        r.bundle(), trust.map(Bytes::of), false, now, r.frames(), r.allowPartial(), r.host());
  }

  private static Trust revoking(long version, long epoch, String id) {
    Trust t = Samples.trust(version, epoch);
    return new Trust(
        t.version(),
        t.expires(),
        t.ratchetEpoch(),
        t.maxBundleDays(),
        t.clockSkewSeconds(),
        t.roles(),
        t.keys(),
        t.waivers(),
        t.floors(),
        new TreeSet<>(List.of(id)));
  }

  private static String id(byte[] bundle) throws Exception {
    return dev.postern.signer.bundle.Bundle.read(bundle).id();
  }

  private static Policy policy(long version) {
    return Samples.policy("fw-to-nat", version, 1, 0x8000_0000L, List.of());
  }

  private static byte[] version(long version) {
    return Samples.bundle(policy(version));
  }

  private static List<Event.Kind> kinds(StateDirectory state) {
    return state.journal().entries().stream().map(Journal.Entry::event).map(Event::kind).toList();
  }

  private static List<Reason> reasons(LoadResult result) {
    return ((LoadResult.NotTrusted) result).refusals().stream().map(Refusal::reason).toList();
  }
}
