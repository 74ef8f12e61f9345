package dev.postern.loader;

import dev.postern.loader.install.InstallException;
import dev.postern.loader.install.Installer;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.List;

/** Takes out what is installed. The version stays remembered: out is not back. */
public final class Unloader {

  private Unloader() {}

  /** Whether the policy set was installed; it no longer is. */
  public static boolean unload(String policySet, StateDirectory state)
      throws InstallException, IOException {
    Recovery.settle(state);
    State.Installed installed = state.state().installed().get(policySet);
    if (installed == null) {
      return false;
    }
    Installer installer =
        Installers.open(installed.backend(), installed.target(), state.disk())
            .orElseThrow(() ->
                new IOException("the record names an unknown backend: " + installed.backend()));
    Event begun = Event.unloading(policySet, installed);
    state.record(begun);
    try {
      installer.remove(installed);
    } catch (InstallException e) {
      state.record(Event.end(Event.Kind.UNDONE, begun, List.of(String.valueOf(e.getMessage()))));
      throw e;
    }
    state.record(Event.end(Event.Kind.UNLOADED, begun, List.of()));
    return true;
  }
}
