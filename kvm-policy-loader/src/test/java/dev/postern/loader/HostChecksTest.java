package dev.postern.loader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.Host;
import dev.postern.loader.host.HostFacts;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.model.Cpu;
import dev.postern.model.Frames;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host refuses although the bundle is signed, each with its own reason. */
class HostChecksTest {

  private static final Report.Assumption FLUSHED =
      new Report.Assumption("O-23", "translations are invalidated");
  private static final Report.Assumption UNSHARED =
      new Report.Assumption("O-27", "tables belong to one hierarchy");

  @TempDir Path directory;

  @Test
  void aHostThatAgrees() throws Exception {
    assertThat(load(Samples.bundle(), Samples.host())).isInstanceOf(LoadResult.Installed.class);
  }

  @Test
  void aClockThatIsSetBackBringsNothingBackToLife() throws Exception {
    Instant then = Instant.parse("2026-06-01T12:00:00Z");
    Host host = Samples.host();
    assertThat(loadAt(then, 7, host)).isInstanceOf(LoadResult.Installed.class);
    // Each refusal is written down under the wrong time, and helps nobody the next time.
    for (int i = 0; i < 2; i++) {
      assertThat(reasons(loadAt(then.minus(Duration.ofMinutes(6)), 8, host)))
          .containsExactly(HostReason.CLOCK_BEHIND);
    }
    assertThat(loadAt(then.minus(Duration.ofMinutes(4)), 8, host))
        .isInstanceOf(LoadResult.Installed.class);
    Host knows = Samples.host("clock");
    assertThat(loadAt(then.minus(Duration.ofDays(400)), 9, knows))
        .isInstanceOf(LoadResult.Installed.class);
  }

  private LoadResult loadAt(Instant clock, long version, Host host) throws Exception {
    byte[] bundle =
        Samples.bundle(Samples.policy("fw-to-nat", version, 1, 0x8000_0000L, List.of()));
    try (StateDirectory state =
        StateDirectory.open(directory.resolve("state"), new DurableDisk(), () -> clock)) {
      return Loader.load(
          Samples.request(bundle, host),
          new ImageInstaller(directory.resolve("image"), new DurableDisk()),
          Optional.of(state));
    }
  }

  @Test
  void eachFactThatDiffersOrIsUnknown() throws Exception {
    Host host = Samples.host();
    Cpu cpu = Samples.policy().cpu();
    assertThat(host.facts().differences(cpu)).isEmpty();
    HostFacts unknown =
        new HostFacts(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            Optional.empty());
    assertThat(unknown.differences(cpu))
        .containsExactly(
            "physical-address width: proved for 46, unknown here",
            "execute-only EPT: proved for present, unknown here",
            "EPT page sizes: proved for [LARGE], unknown here",
            "5-level EPT: proved for absent, unknown here",
            "EPT accessed and dirty flags: proved for absent, unknown here",
            "EPT shadow-stack rights: proved for absent, unknown here",
            "L1 terminal fault: proved for not-affected, unknown here");
    HostFacts other =
        new HostFacts(
            Optional.of(39),
            Optional.of(false),
            Optional.of(Set.of(PageSize.LARGE, PageSize.HUGE)),
            Optional.of(true),
            Optional.of(true),
            Optional.of(true),
            Map.of(),
            Optional.of(Cpu.L1tf.AFFECTED));
    assertThat(other.differences(cpu)).hasSize(7).allMatch(text -> text.contains(", here "));
    Host differs = new Host(unknown, host.approved(), host.policy());
    assertThat(reasons(load(Samples.bundle(), differs))).containsOnly(HostReason.HOST_FACTS);
  }

  @Test
  void aPinnedFeatureMustBeKnownAndEqual() {
    Cpu pins =
        new Cpu(
            Samples.AT,
            46,
            true,
            Set.of(),
            false,
            false,
            false,
            Map.of(Cpu.Feature.APX, false, Cpu.Feature.HLAT, true),
            Cpu.L1tf.AFFECTED);
    Map<Cpu.Feature, Boolean> known = new TreeMap<>(Map.of(Cpu.Feature.APX, true));
    HostFacts facts =
        new HostFacts(
            Optional.of(46),
            Optional.of(true),
            Optional.of(Set.of()),
            Optional.of(false),
            Optional.of(false),
            Optional.of(false),
            known,
            Optional.of(Cpu.L1tf.NOT_AFFECTED));
    assertThat(facts.differences(pins))
        .containsExactly(
            "hlat: proved for present, unknown here", "apx: proved for absent, here present");
  }

  @Test
  void anAssumptionIsAttestedAcceptedOrRefused() throws Exception {
    byte[] bundle = Samples.bundle(Samples.policy(), FLUSHED, UNSHARED);
    LoadResult.Refused refused = (LoadResult.Refused) load(bundle, Samples.host());
    assertThat(refused.refusals())
        .containsExactly(
            new HostRefusal(HostReason.ASSUMPTION, "O-23: translations are invalidated"));
    try (StateDirectory state = open()) {
      assertThat(load(bundle, Samples.host("O-23"), state))
          .isInstanceOf(LoadResult.Installed.class);
      assertThat(
              state.journal().entries().stream()
                  .filter(entry -> entry.event().kind() == Event.Kind.INSTALLING)
                  .toList()
                  .getLast()
                  .event()
                  .reasons())
          .containsExactly(
              "O-23 accepted: seen to by hand",
              "O-27 attested: no table of the image is reached from two roots, found by walking"
                  + " it");
    }
  }

  @Test
  void aWindowTheAdministratorDidNotApprove() throws Exception {
    Host host = Samples.host();
    Frames half =
        new Frames(Samples.RINGS.owner(), Samples.RINGS.offset(), Samples.RINGS.size() / 2);
    Frames rest =
        new Frames(
            Samples.RINGS.owner(),
            Samples.RINGS.offset() + Samples.RINGS.size() / 2,
            Samples.RINGS.size() / 2);
    for (List<Approved.Grant> grants :
        List.of(
            List.<Approved.Grant>of(),
            List.of(new Approved.Grant("fw", Samples.RINGS, false)),
            List.of(new Approved.Grant("other", Samples.RINGS, true)),
            List.of(new Approved.Grant("fw", half, true)))) {
      Host strict = new Host(host.facts(), new Approved(grants), host.policy());
      assertThat(reasons(load(Samples.bundle(), strict))).containsExactly(HostReason.NOT_APPROVED);
    }
    Host inTwo =
        new Host(
            host.facts(),
            new Approved(
                List.of(
                    new Approved.Grant("fw", rest, true), new Approved.Grant("fw", half, true))),
            host.policy());
    assertThat(load(Samples.bundle(), inTwo)).isInstanceOf(LoadResult.Installed.class);
  }

  @Test
  void aDryRunChangesNothingAtAll() throws Exception {
    try (StateDirectory state = open()) {
      byte[] before = Files.readAllBytes(directory.resolve("state/lock"));
      LoadResult result =
          Loader.dryRun(
              Samples.request(Samples.bundle(), Samples.host()), installer(), Optional.of(state));
      assertThat(result).isInstanceOf(LoadResult.Planned.class);
      assertThat(
              Loader.dryRun(
                  Samples.request(Samples.bundle(Samples.policy(), FLUSHED), Samples.host()),
                  installer(),
                  Optional.of(state)))
          .isInstanceOf(LoadResult.Refused.class);
      assertThat(state.journal().entries()).isEmpty();
      assertThat(Files.readAllBytes(directory.resolve("state/lock"))).isEqualTo(before);
    }
    try (var files = Files.list(directory.resolve("state"))) {
      assertThat(files).containsExactly(directory.resolve("state/lock"));
    }
  }

  @Test
  void bundlesThatClashAreRefusedByPair() throws Exception {
    try (StateDirectory state = open()) {
      load(Samples.bundle(), Samples.host(), state);
      Policy sameIndex = Samples.policy("fw-to-log", 1, 1, 0x1_0000_0000L, List.of());
      LoadResult.Refused refused =
          (LoadResult.Refused) load(Samples.bundle(sameIndex), Samples.host(), state, "other");
      assertThat(refused.refusals())
          .containsExactly(
              new HostRefusal(
                  HostReason.COMPOSITION,
                  "O-13: fw-to-log/tx and the installed fw-to-nat/tx: one index of the EPTP list"));
      Policy apart = Samples.policy("fw-to-log", 1, 2, 0x1_0000_0000L, List.of());
      assertThat(load(Samples.bundle(apart), Samples.host(), state, "other"))
          .isInstanceOf(LoadResult.Installed.class);
      assertThat(Status.of(state).items()).hasSize(2);
    }
  }

  private StateDirectory open() throws Exception {
    return StateDirectory.open(
        directory.resolve("state"), new DurableDisk(), () -> Instant.ofEpochSecond(1));
  }

  private ImageInstaller installer() {
    return new ImageInstaller(directory.resolve("image"), new DurableDisk());
  }

  private LoadResult load(byte[] bundle, Host host) throws Exception {
    return Loader.load(Samples.request(bundle, host), installer(), Optional.empty());
  }

  private LoadResult load(byte[] bundle, Host host, StateDirectory state) throws Exception {
    return load(bundle, host, state, "image");
  }

  private LoadResult load(byte[] bundle, Host host, StateDirectory state, String out)
      throws Exception {
    return Loader.load(
        Samples.request(bundle, host),
        new ImageInstaller(directory.resolve(out), new DurableDisk()),
        Optional.of(state));
  }

  private static List<HostReason> reasons(LoadResult result) {
    return ((LoadResult.Refused) result).refusals().stream().map(HostRefusal::reason).toList();
  }
}
