package dev.postern.loader.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.loader.Samples;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.signer.trust.Trust;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host remembers, and what it makes of a memory somebody else was at. */
class StateDirectoryTest {

  @TempDir Path temporary;

  private Path directory = Path.of("");

  @BeforeEach
  void place() {
    directory = temporary.resolve("state");
  }

  @Test
  void isMadeForItsOwnerAlone() throws Exception {
    try (StateDirectory state = open()) {
      assertThat(state.state()).isEqualTo(State.EMPTY);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
    installTwo();
    for (String file : List.of("journal", "state.json", "lock")) {
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(file))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void isRefusedOpenToOthersOrAsALink() throws Exception {
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
    assertRefused(StateException.Kind.STATE_UNSAFE, "open to others");
    Files.delete(directory);
    Path elsewhere =
        Files.createDirectory(
            temporary.resolve("elsewhere"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.createSymbolicLink(directory, elsewhere);
    assertRefused(StateException.Kind.STATE_UNSAFE, "not a directory");
  }

  @Test
  void hasOneLoaderAtATime() throws Exception {
    try (StateDirectory state = open()) {
      assertThat(state.open()).isEmpty();
      assertRefused(StateException.Kind.STATE_LOCKED, "another loader");
    }
    open().close();
  }

  @Test
  void remembersAcrossOpenings() throws Exception {
    installTwo();
    try (StateDirectory state = open()) {
      assertThat(state.state().sets().get("a")).isEqualTo(new State.Ratchet(0, 3, "b".repeat(96)));
      assertThat(state.state().installed()).containsOnlyKeys("a");
      assertThat(state.journal().entries()).hasSize(5);
    }
  }

  @Test
  void aMissingStateIsMadeAnewFromTheJournal() throws Exception {
    installTwo();
    byte[] before = Files.readAllBytes(directory.resolve("state.json"));
    Files.delete(directory.resolve("state.json"));
    try (StateDirectory state = open()) {
      assertThat(state.state().sets().get("a")).extracting(State.Ratchet::version).isEqualTo(3L);
      state.record(Event.refused(Optional.empty(), Optional.empty(), List.of("x")));
    }
    assertThat(Files.readAllBytes(directory.resolve("state.json"))).isNotEqualTo(before);
  }

  @Test
  void aMissingOrCutOrReplacedJournalIsNoticed() throws Exception {
    installTwo();
    Path journal = directory.resolve("journal");
    byte[] whole = Files.readAllBytes(journal);
    List<String> lines = Files.readAllLines(journal);
    for (int keep = 0; keep < lines.size(); keep++) {
      Files.writeString(
          journal, String.join("", lines.subList(0, keep).stream().map(l -> l + "\n").toList()));
      assertRefused(StateException.Kind.STATE_BROKEN, "cut or replaced");
    }
    Files.delete(journal);
    assertRefused(StateException.Kind.STATE_BROKEN, "cut or replaced");
    Files.write(journal, whole);
    open().close();
  }

  @Test
  void everyChangedByteOfTheJournalIsNoticed() throws Exception {
    installTwo();
    Path journal = directory.resolve("journal");
    byte[] whole = Files.readAllBytes(journal);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 1;
      Files.write(journal, changed);
      assertThatThrownBy(this::open).as("byte %d", i).isInstanceOf(StateException.class);
    }
  }

  @Test
  void everyChangedByteOfTheStateIsNoticed() throws Exception {
    installTwo();
    Path file = directory.resolve("state.json");
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 1;
      Files.write(file, changed);
      assertThatThrownBy(this::open).as("byte %d", i).isInstanceOf(StateException.class);
    }
  }

  @Test
  void linesMoveNowhere() throws Exception {
    installTwo();
    Path journal = directory.resolve("journal");
    List<String> lines = Files.readAllLines(journal);
    Files.writeString(
        journal,
        lines.get(1) + "\n" + lines.get(0) + "\n" + lines.get(2) + "\n" + lines.get(3) + "\n");
    assertRefused(StateException.Kind.STATE_BROKEN, "journal line 1");
  }

  @Test
  void aTornLineIsCutOffWhenTheNextIsWritten() throws Exception {
    installTwo();
    Path journal = directory.resolve("journal");
    byte[] whole = Files.readAllBytes(journal);
    Files.writeString(
        journal,
        "{\"schema\":\"postern.jour",
        StandardCharsets.US_ASCII,
        java.nio.file.StandardOpenOption.APPEND);
    try (StateDirectory state = open()) {
      assertThat(state.journal().entries()).hasSize(5);
      state.record(Event.refused(Optional.empty(), Optional.empty(), List.of("x")));
    }
    assertThat(Files.readAllBytes(journal)).startsWith(whole);
    try (StateDirectory state = open()) {
      assertThat(state.journal().entries()).hasSize(6);
    }
  }

  @Test
  void whatWasBegunIsOpenUntilItsEnd() throws Exception {
    Event begun = installing(4);
    try (StateDirectory state = open()) {
      state.record(begun);
    }
    try (StateDirectory state = open()) {
      assertThat(state.open()).contains(begun);
      assertThat(state.state().installed()).isEmpty();
      state.record(Event.end(Event.Kind.UNDONE, begun, List.of()));
      assertThat(state.open()).isEmpty();
      assertThat(state.state().sets()).isEmpty();
    }
  }

  @Test
  void theTrustItGoesByIsKeptWithIt() throws Exception {
    Trust one = Samples.trust();
    Trust two = Samples.trust(2, 1);
    try (StateDirectory state = open()) {
      assertThat(state.trust()).isEmpty();
      state.trust(one, "the first, by hand");
      state.trust(two, "by its chain");
      assertThat(state.trust()).contains(two);
    }
    Path kept = directory.resolve("trust-" + two.id() + ".json");
    assertThat(directory.resolve("trust-" + one.id() + ".json")).doesNotExist();
    byte[] whole = Files.readAllBytes(kept);
    try (StateDirectory state = open()) {
      assertThat(state.state().trust()).contains(new State.Trusted(2, two.id()));
      Files.write(kept, one.write());
      assertBroken(state, "is not what was kept");
      Files.write(kept, new byte[] {'{'});
      assertBroken(state, "trust-");
      Files.delete(kept);
      assertBroken(state, "is not there");
      Files.write(kept, whole);
      assertThat(state.trust()).contains(two);
    }
  }

  private static void assertBroken(StateDirectory state, String text) {
    assertThatThrownBy(state::trust)
        .isInstanceOfSatisfying(
            StateException.class,
            e -> assertThat(e.kind()).isEqualTo(StateException.Kind.STATE_BROKEN))
        .hasMessageContaining(text);
  }

  /** Version 2, then 3 of set a; and a refusal. */
  private void installTwo() throws Exception {
    try (StateDirectory state = open()) {
      for (long version = 2; version <= 3; version++) {
        Event begun = installing(version);
        state.record(begun);
        state.record(Event.end(Event.Kind.INSTALLED, begun, List.of("done")));
      }
      state.record(Event.refused(Optional.of("a"), Optional.empty(), List.of("older [not-newer]")));
    }
  }

  private static Event installing(long version) {
    return Event.installing(
        "a",
        new State.Ratchet(0, version, "b".repeat(96)),
        new State.Installed(
            "image",
            "/image",
            "d".repeat(64),
            "b".repeat(96),
            version,
            "e".repeat(64),
            "f".repeat(64),
            List.of("fw")),
        List.of());
  }

  private StateDirectory open() throws Exception {
    return StateDirectory.open(directory, new DurableDisk(), () -> Instant.ofEpochSecond(7));
  }

  private void assertRefused(StateException.Kind kind, String text) {
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            StateException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e).hasMessageContaining(text);
            });
  }
}
