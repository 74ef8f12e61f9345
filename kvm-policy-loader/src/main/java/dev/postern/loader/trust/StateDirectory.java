package dev.postern.loader.trust;

import dev.postern.json.JsonException;
import dev.postern.loader.disk.Disk;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.signer.file.AtomicFile;
import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The directory of the host's memory, open under its lock: mode 0700 and owned by who runs this,
 * which on a host is root.
 */
public final class StateDirectory implements AutoCloseable {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final int STATE_BYTES = 16 << 20;
  private static final int POLICY_BYTES = 256 << 20;
  private static final int TRUST_BYTES = 8 << 20;
  private static final String POLICY = "policy-";
  private static final String TRUST = "trust-";

  private final Path directory;
  private final Disk disk;
  private final FileChannel lockFile;
  private final Journal journal;
  private State state;
  private Optional<Event> open;

  private StateDirectory(
      Path directory, Disk disk, FileChannel lockFile, Journal journal, Replay replay) {
    this.directory = directory;
    this.disk = disk;
    this.lockFile = lockFile;
    this.journal = journal;
    this.state = replay.state();
    this.open = replay.open();
  }

  /** Opens {@code directory}, which is made where it is missing. */
  public static StateDirectory open(Path directory, Disk disk, InstantSource clock)
      throws StateException, IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      disk.syncDirectory(Disk.directoryOf(directory));
    }
    requireSafe(directory);
    FileChannel lockFile = lock(directory);
    try {
      Journal journal = Journal.open(directory.resolve("journal"), disk, clock);
      Replay replay = replay(state(directory.resolve("state.json")), journal);
      return new StateDirectory(directory, disk, lockFile, journal, replay);
    } catch (StateException | IOException | RuntimeException e) {
      lockFile.close();
      throw e;
    }
  }

  private static void requireSafe(Path directory) throws StateException, IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isDirectory()) {
      throw unsafe(directory + " is not a directory");
    }
    if (!attributes.permissions().equals(OWNER_ONLY)) {
      throw unsafe(directory + " is open to others than its owner; hint: chmod 0700");
    }
    Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(self)) {
      throw unsafe(directory + " is owned by user " + owner);
    }
  }

  private static StateException unsafe(String message) {
    return new StateException(StateException.Kind.STATE_UNSAFE, message);
  }

  private static FileChannel lock(Path directory) throws StateException, IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(AtomicFile.SECRET));
    Optional<FileLock> lock;
    try {
      lock = Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException _) {
      lock = Optional.empty();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    if (lock.isEmpty()) {
      channel.close();
      throw new StateException(
          StateException.Kind.STATE_LOCKED, directory + ": another loader is at work");
    }
    return channel;
  }

  private static State state(Path file) throws StateException, IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return State.EMPTY;
    }
    try {
      return State.read(AtomicFile.read(file, STATE_BYTES));
    } catch (JsonException e) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN, file.getFileName() + ": " + e.getMessage());
    }
  }

  /**
   * The state is what the journal's beginning makes of nothing: what was removed from either, or
   * put into either, shows. A state that is missing is made anew from the journal.
   */
  private static Replay replay(State state, Journal journal) throws StateException {
    List<Journal.Entry> entries = journal.entries();
    long known = state.head().entries();
    if (known < 0
        || known > entries.size()
        || !journal.head((int) known).equals(state.head())
        || !Replay.of(State.EMPTY, entries.subList(0, (int) known))
            .state()
            .at(state.head())
            .equals(state)) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN,
          "the journal is not the one the state was written with: one of them was cut or replaced");
    }
    return Replay.of(State.EMPTY, entries);
  }

  public State state() {
    return state;
  }

  public Journal journal() {
    return journal;
  }

  /** What was begun and has no recorded end. */
  public Optional<Event> open() {
    return open;
  }

  /** The latest time of the journal, if the clock is behind it by more than it may be stepped. */
  public Optional<Instant> clockBehind() {
    return journal.clockBehind();
  }

  /** Records a decision: durable in the journal, and then in the state. */
  public void record(Event event) throws IOException {
    journal.append(event);
    Replay replay = Replay.of(State.EMPTY, journal.entries());
    open = replay.open();
    state = replay.state().at(journal.head());
    disk.replace(directory.resolve("state.json"), state.canonical(), AtomicFile.SECRET);
  }

  /** The effects this state is written with. */
  public Disk disk() {
    return disk;
  }

  /** Keeps a policy that is about to be installed; those of nothing installed go. */
  public void keep(Policy policy) throws IOException {
    Set<String> wanted = new HashSet<>();
    state.installed().values().forEach(now -> wanted.add(now.policySha256()));
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.startsWith(POLICY)
            && !wanted.contains(name.substring(POLICY.length(), name.length() - 5))) {
          disk.delete(file);
        }
      }
    }
    byte[] canonical = PolicyJson.canonical(policy);
    disk.replace(policyFile(PolicyJson.sha256(policy)), canonical, AtomicFile.SECRET);
  }

  /** The policy of something installed. */
  public Policy policy(String sha256) throws StateException, IOException {
    Path file = policyFile(sha256);
    try {
      byte[] canonical = AtomicFile.read(file, POLICY_BYTES);
      if (!Bytes.of(canonical).sha256().equals(sha256)) {
        throw new StateException(
            StateException.Kind.STATE_BROKEN, file.getFileName() + " is not what was kept");
      }
      return PolicyJson.readCanonical(canonical);
    } catch (JsonException e) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN, file.getFileName() + ": " + e.getMessage());
    }
  }

  /**
   * Goes by {@code trust} from here on: kept and recorded, and what was gone by before is removed.
   */
  public void trust(Trust trust, String how) throws IOException {
    State.Trusted next = new State.Trusted(trust.version(), trust.id());
    disk.replace(trustFile(next.id()), trust.write(), AtomicFile.SECRET);
    record(Event.trusted(next, how));
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.startsWith(TRUST) && !file.equals(trustFile(next.id()))) {
          disk.delete(file);
        }
      }
    }
  }

  /** The trust this host goes by. */
  public Optional<Trust> trust() throws StateException, IOException {
    if (state.trust().isEmpty()) {
      return Optional.empty();
    }
    Path file = trustFile(state.trust().get().id());
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN, file.getFileName() + " is not there");
    }
    try {
      Trust trust = Trust.read(AtomicFile.read(file, TRUST_BYTES));
      if (!trust.id().equals(state.trust().get().id())) {
        throw new StateException(
            StateException.Kind.STATE_BROKEN, file.getFileName() + " is not what was kept");
      }
      return Optional.of(trust);
    } catch (JsonException e) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN, file.getFileName() + ": " + e.getMessage());
    }
  }

  private Path trustFile(String id) {
    return directory.resolve(TRUST + id + ".json");
  }

  private Path policyFile(String sha256) {
    return directory.resolve(POLICY + sha256 + ".json");
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
