package dev.postern.loader;

import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Presence;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.List;

/**
 * Finishes the record of what an earlier loader began: the backend is asked what is there, and the
 * journal says which of the two it was.
 */
final class Recovery {

  private Recovery() {}

  static void settle(StateDirectory state) throws IOException {
    if (state.open().isEmpty()) {
      return;
    }
    Event begun = state.open().get();
    State.Installed what =
        begun.intended().orElseThrow(() -> new IOException("the journal's last entry is open"));
    Installer installer =
        Installers.open(what.backend(), what.target(), state.disk())
            .orElseThrow(
                () -> new IOException("the record names an unknown backend: " + what.backend()));
    boolean there = installer.presence(what) == Presence.PRESENT;
    boolean installing = begun.kind() == Event.Kind.INSTALLING;
    Event.Kind end =
        !installing
            ? there ? Event.Kind.UNDONE : Event.Kind.UNLOADED
            : there ? Event.Kind.INSTALLED : Event.Kind.UNDONE;
    state.record(
        Event.end(
            end,
            begun,
            List.of(
                "found after an interruption: "
                    + what.target()
                    + (there ? " holds it" : " does not hold it"))));
  }
}
