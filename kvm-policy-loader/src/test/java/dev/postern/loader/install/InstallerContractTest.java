package dev.postern.loader.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.loader.Installers;
import dev.postern.loader.LoadResult;
import dev.postern.loader.Loader;
import dev.postern.loader.Samples;
import dev.postern.loader.Status;
import dev.postern.loader.Unloader;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every backend. */
class InstallerContractTest {

  /** Where each backend can be tried here; a backend without an entry fails {@link #isKnown}. */
  private static final Map<String, String> NEEDS = Map.of("image", "/", "kvm", "/dev/postern");

  @TempDir Path directory;

  static List<String> backends() {
    return Installers.ALL.stream().map(Installers.Backend::name).toList();
  }

  @ParameterizedTest
  @MethodSource("backends")
  void isKnown(String backend) {
    assertThat(NEEDS).containsKey(backend);
    assertThat(Installers.open(backend, "", new DurableDisk()))
        .hasValueSatisfying(installer -> assertThat(installer.name()).isEqualTo(backend));
  }

  @ParameterizedTest
  @MethodSource("backends")
  void installsShowsKeepsAndTakesOut(String backend) throws Exception {
    requirePlace(backend);
    try (StateDirectory state = open();
        Installer installer = installer(backend)) {
      assertThat(installer.presence(nothing(installer))).isEqualTo(Presence.ABSENT);
      LoadResult result = load(installer, state);
      assertThat(result)
          .isInstanceOfSatisfying(
              LoadResult.Installed.class,
              installed -> {
                assertThat(installed.receipt().backend()).isEqualTo(backend);
                assertThat(installed.receipt().steps()).isNotEmpty();
              });
      State.Installed recorded = state.state().installed().get("fw-to-nat");
      assertThat(installer.presence(recorded)).isEqualTo(Presence.PRESENT);
      assertThat(Status.of(state).exact()).isTrue();
      assertThat(load(installer, state)).isInstanceOf(LoadResult.AlreadyInstalled.class);
      assertThat(Unloader.unload("fw-to-nat", state)).isTrue();
      assertThat(installer.presence(recorded)).isEqualTo(Presence.ABSENT);
      installer.remove(recorded); // what is not there is taken out already
      assertThat(Status.of(state).items()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void theNextVersionTakesThePlaceOfTheOneBefore(String backend) throws Exception {
    requirePlace(backend);
    try (StateDirectory state = open();
        Installer installer = installer(backend)) {
      load(installer, state);
      State.Installed before = state.state().installed().get("fw-to-nat");
      byte[] next = Samples.bundle(Samples.policy("fw-to-nat", 8, 1, 0x8000_0000L, List.of()));
      assertThat(Loader.load(Samples.request(next, Samples.host()), installer, Optional.of(state)))
          .isInstanceOf(LoadResult.Installed.class);
      State.Installed after = state.state().installed().get("fw-to-nat");
      assertThat(after.version()).isEqualTo(8);
      assertThat(installer.presence(after)).isEqualTo(Presence.PRESENT);
      assertThat(installer.presence(before)).isNotEqualTo(Presence.PRESENT);
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aPreparationThatIsClosedLeavesNothing(String backend) throws Exception {
    requirePlace(backend);
    try (Installer installer = installer(backend);
        Prepared prepared = installer.prepare(Samples.candidate())) {
      assertThat(prepared.digest()).isNotEmpty();
    }
    try (Installer installer = installer(backend);
        var files = Files.list(directory)) {
      assertThat(installer.presence(nothing(installer))).isEqualTo(Presence.ABSENT);
      assertThat(files).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void whatIsSomebodyElsesIsNotTakenOut(String backend) throws Exception {
    requirePlace(backend);
    assumeTrue(backend.equals("image"), "only a file can be somebody else's");
    Files.write(directory.resolve("place"), new byte[] {1});
    try (Installer installer = installer(backend)) {
      assertThat(installer.presence(nothing(installer))).isEqualTo(Presence.OTHER);
      assertThatThrownBy(() -> installer.remove(nothing(installer)))
          .isInstanceOf(InstallException.class);
      assertThat(directory.resolve("place")).hasBinaryContent(new byte[] {1});
    }
  }

  private static void requirePlace(String backend) {
    Path place = Path.of(NEEDS.getOrDefault(backend, ""));
    if (!Files.exists(place)) {
      System.out.println("SKIPPED: contract of the " + backend + " backend: no " + place);
      assumeTrue(false, "no " + place);
    }
  }

  private Installer installer(String backend) {
    return Installers.open(backend, directory.resolve("place").toString(), new DurableDisk())
        .orElseThrow();
  }

  private StateDirectory open() throws Exception {
    return StateDirectory.open(
        directory.resolve("state"), new DurableDisk(), () -> Instant.ofEpochSecond(1));
  }

  private static LoadResult load(Installer installer, StateDirectory state) throws Exception {
    return Loader.load(
        Samples.request(Samples.bundle(), Samples.host()), installer, Optional.of(state));
  }

  private static State.Installed nothing(Installer installer) {
    return new State.Installed(
        installer.name(), installer.target(), "none", "none", 0, "none", "none", List.of());
  }
}
