package dev.postern.cli;

import dev.postern.json.JsonException;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.host.Host;
import dev.postern.loader.host.HostDirectory;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.loader.trust.StateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a host keeps its memory and its administrator's decisions. */
final class HostOptions {

  static final Path STATE = Path.of("/var/lib/postern");
  static final Path HOST = Path.of("/etc/postern");

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "the host's memory: versions, journal; /var/lib/postern where that exists")
  private Optional<Path> state = Optional.empty();

  @Option(
      names = "--host",
      paramLabel = "DIR",
      description =
          "the administrator's decisions: facts.json, host.json, approved.d; /etc/postern where"
              + " that exists")
  private Optional<Path> host = Optional.empty();

  /**
   * Opens the state under its lock. A directory that was named is made where it is missing; the
   * usual one is not.
   */
  Optional<StateDirectory> open() throws Failure, IOException {
    Optional<Path> directory = state.or(() -> Optional.of(STATE).filter(Files::exists));
    return directory.isEmpty() ? Optional.empty() : Optional.of(open(directory.get()));
  }

  /** What the host decided, where it did. */
  Optional<Host> host() throws Failure, IOException {
    Optional<Path> directory = host.or(() -> Optional.of(HOST).filter(Files::exists));
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(HostDirectory.read(directory.get()));
    } catch (JsonException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
  }

  private static StateDirectory open(Path directory) throws Failure, IOException {
    try {
      return StateDirectory.open(directory, new DurableDisk(), InstantSource.system());
    } catch (StateException e) {
      throw broken(e);
    }
  }

  /** A lock is the world's; a state that is not ours is a refusal. */
  static Failure broken(StateException e) {
    return new Failure(
        e.kind() == StateException.Kind.STATE_LOCKED
            ? ExitStatus.ENVIRONMENT
            : ExitStatus.NOT_TRUSTED,
        e.getMessage() + " [" + e.kind().code() + "]");
  }
}
