package dev.postern.loader.install;

import java.io.IOException;
import java.util.List;

/**
 * An installation that waits for one step to take effect. Closing it before that leaves the host as
 * it was.
 */
public interface Prepared extends AutoCloseable {

  /** Of what is to be installed; {@link Installer#presence} compares with it. */
  String digest();

  /** Each effect, in order, one sentence; what {@link #commit} does is the last. */
  List<String> steps();

  /** Takes effect, at once and wholly. */
  void commit() throws InstallException, IOException;

  /** Puts back what was there before a {@link #commit} that failed, wherever it stopped. */
  void undo() throws InstallException, IOException;

  /** Lets go of what is no longer needed; what cannot be removed now, the next one removes. */
  @Override
  void close();
}
