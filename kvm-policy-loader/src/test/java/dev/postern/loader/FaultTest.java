package dev.postern.loader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.disk.Disk;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.install.Presence;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.Journal;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every effect of a load on disk goes wrong once, and the process is killed at every one.
 * Afterwards the host has the old image or the new one, the journal says which, and the next load
 * succeeds.
 */
class FaultTest {

  private static final InstantSource CLOCK = () -> Instant.ofEpochSecond(1_800_000_000L);

  private static final Bytes CHAIN = chain();
  private static final String BUNDLE_FILE = "new.bundle";
  private static final String CHAIN_FILE = "next.chain";

  private static final Map<Long, byte[]> BUNDLES = new ConcurrentHashMap<>();

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void anEffectThatFailsLeavesOldOrNew(FailingDisk.Fault fault) throws Exception {
    boolean reached = true;
    int victim = 0;
    for (; reached; victim++) {
      Path place = installedOld("fail" + victim);
      FailingDisk disk =
          new FailingDisk(
              victim,
              fault,
              effect -> {
                throw new IOException("no " + effect);
              });
      try {
        assertThat(loadNew(place, disk)).isInstanceOf(LoadResult.Installed.class);
      } catch (IOException e) {
        assertThat(e).hasMessageStartingWith("no ");
      }
      reached = disk.reached();
      assertOldOrNewAndSaid(place);
    }
    // create, sync, rename and the rest, for image, journal and state: none was left out.
    assertThat(victim).isGreaterThan(20);
  }

  @Test
  @Tag("slow")
  void aProcessKilledAtAnyEffectLeavesOldOrNew() throws Exception {
    // Another process has another key of alice's: what she signed goes there as files.
    Files.write(directory.resolve(BUNDLE_FILE), bundle(8));
    Files.write(directory.resolve(CHAIN_FILE), CHAIN.toArray());
    int killed = 0;
    for (int victim = 0; ; victim++) {
      Path place = installedOld("kill" + victim);
      FailingDisk.Fault fault =
          FailingDisk.Fault.values()[victim % FailingDisk.Fault.values().length];
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  Killed.class.getName(),
                  place.toString(),
                  Integer.toString(victim),
                  fault.name())
              .inheritIO()
              .start();
      int status = child.waitFor();
      assertOldOrNewAndSaid(place);
      if (status == 0) {
        break;
      }
      assertThat(status).as("killed by signal 9").isEqualTo(128 + 9);
      killed++;
    }
    assertThat(killed).isGreaterThan(20);
  }

  /** Loads the new bundle in a process of its own, which is killed at one effect. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] arguments) throws Exception {
      FailingDisk disk =
          new FailingDisk(
              Integer.parseInt(arguments[1]), FailingDisk.Fault.valueOf(arguments[2]), _ -> kill());
      Path place = Path.of(arguments[0]);
      try (StateDirectory state = open(place, disk)) {
        load(
            place,
            Files.readAllBytes(place.resolveSibling(BUNDLE_FILE)),
            Optional.of(Bytes.of(Files.readAllBytes(place.resolveSibling(CHAIN_FILE)))),
            state,
            disk);
      }
    }

    private static void kill() throws IOException {
      try {
        new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid()))
            .start()
            .waitFor();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private static Bytes chain() {
    try {
      return Bytes.of(Samples.chain(Samples.trust(2, 0), true));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private Path installedOld(String name) throws Exception {
    Path place = Files.createDirectory(directory.resolve(name));
    try (StateDirectory state = open(place, new DurableDisk())) {
      assertThat(load(place, 7, state, new DurableDisk())).isInstanceOf(LoadResult.Installed.class);
    }
    return place;
  }

  private static LoadResult loadNew(Path place, Disk disk) throws Exception {
    try (StateDirectory state = open(place, disk)) {
      return load(place, 8, state, disk);
    }
  }

  /** The new bundle comes with the trust's next version: that is remembered, or it is not. */
  private static LoadResult load(Path place, long version, StateDirectory state, Disk disk)
      throws Exception {
    Bytes trust = version == 7 ? Bytes.of(Samples.trust().write()) : CHAIN;
    return load(place, bundle(version), Optional.of(trust), state, disk);
  }

  private static LoadResult load(
      Path place, byte[] bundle, Optional<Bytes> trust, StateDirectory state, Disk disk)
      throws Exception {
    LoadRequest r = Samples.request(bundle, Samples.host());
    return Loader.load(
        new LoadRequest(r.bundle(), trust, false, r.now(), r.frames(), false, r.host()),
        new ImageInstaller(place.resolve("image"), disk),
        Optional.of(state));
  }

  private static byte[] bundle(long version) {
    return BUNDLES.computeIfAbsent(
        version, v -> Samples.bundle(Samples.policy("fw-to-nat", v, 1, 0x8000_0000L, List.of())));
  }

  private static StateDirectory open(Path place, Disk disk) throws Exception {
    return StateDirectory.open(place.resolve("state"), disk, CLOCK);
  }

  private static void assertOldOrNewAndSaid(Path place) throws Exception {
    Path image = place.resolve("image");
    String found = Bytes.of(Files.readAllBytes(image)).sha256();
    try (StateDirectory state = open(place, new DurableDisk())) {
      Status status = Status.of(state);
      assertThat(status.items()).hasSize(1);
      State.Installed recorded = status.items().getFirst().recorded();
      assertThat(recorded.digest()).isEqualTo(found);
      assertThat(status.items().getFirst().found()).isEqualTo(Presence.PRESENT);
      assertThat(recorded.version()).isIn(7L, 8L);
      assertThat(state.open()).isEmpty();
      assertThat(state.trust()).isPresent();
      List<Event.Kind> kinds =
          state.journal().entries().stream()
              .map(Journal.Entry::event)
              .map(Event::kind)
              .filter(kind -> kind != Event.Kind.TRUSTED)
              .toList();
      assertThat(kinds.getLast()).isIn(Event.Kind.INSTALLED, Event.Kind.UNDONE);
      assertThat(recorded.version())
          .as("what the journal says: %s", kinds)
          .isEqualTo(kinds.getLast() == Event.Kind.INSTALLED && kinds.size() > 2 ? 8 : 7);
      // The ratchet is what was installed, never more: a failed load locks nobody out.
      assertThat(state.state().sets().get("fw-to-nat"))
          .extracting(State.Ratchet::version)
          .isEqualTo(recorded.version());
      assertThat(load(place, 8, state, new DurableDisk()))
          .isInstanceOfAny(LoadResult.Installed.class, LoadResult.AlreadyInstalled.class);
      assertThat(Status.of(state).exact()).isTrue();
      assertThat(state.trust()).contains(Samples.trust(2, 0));
    }
    try (var files = Files.list(place)) {
      assertThat(files).containsExactlyInAnyOrder(image, place.resolve("state"));
    }
  }
}
