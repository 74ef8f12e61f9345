package dev.postern.loader.install;

import dev.postern.loader.host.FrameMap;
import dev.postern.loader.host.HostFacts;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.trust.State;
import dev.postern.signer.check.CheckedBundle;
import java.io.IOException;
import java.util.Optional;
import java.util.SortedMap;

/** A way to put an image into effect at one place: all of it, or nothing. */
public interface Installer extends AutoCloseable {

  /** The backend's name on the command line. */
  String name();

  /** The place, as the record names it. */
  String target();

  /**
   * The assumptions of a report this backend makes true, by id, each with what makes it so in one
   * sentence.
   */
  SortedMap<String, String> mechanisms() throws IOException;

  /** What the backend knows of the processor by itself; then that counts, and no file does. */
  default Optional<HostFacts> facts() throws IOException {
    return Optional.empty();
  }

  /** The frames the backend hands out; absent where the host writes a frame map. */
  default Optional<FrameMap> frames(CheckedBundle bundle, InstallPlan plan)
      throws InstallException, IOException {
    return Optional.empty();
  }

  /** Everything that can fail for a reason of ours, and nothing that shows. */
  Prepared prepare(Candidate candidate) throws InstallException, IOException;

  /** What is at the place now, compared with what the record says was put there. */
  Presence presence(State.Installed recorded) throws IOException;

  /** Takes out what was put there, if it is {@link Presence#PRESENT}. */
  void remove(State.Installed recorded) throws InstallException, IOException;

  /** Gives back what {@link #frames} took and nothing made use of. */
  @Override
  default void close() {}
}
