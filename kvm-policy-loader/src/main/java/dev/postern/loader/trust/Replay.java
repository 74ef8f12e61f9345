package dev.postern.loader.trust;

import java.util.List;
import java.util.Optional;

/**
 * What a piece of the journal makes of a state.
 *
 * @param open what was begun and has no end yet: the process or the machine stopped in between, and
 *     only the backend knows whether it took place
 */
record Replay(State state, Optional<Event> open) {

  static Replay of(State from, List<Journal.Entry> entries) {
    Replay replay = new Replay(from, Optional.empty());
    for (Journal.Entry entry : entries) {
      replay = replay.after(entry.event());
    }
    return replay;
  }

  private Replay after(Event event) {
    return switch (event.kind()) {
      case REFUSED -> this;
      case TRUSTED -> new Replay(event.trust().map(state::with).orElse(state), open);
      case INSTALLING, UNLOADING -> new Replay(state, Optional.of(event));
      case UNDONE -> new Replay(state, Optional.empty());
      case INSTALLED -> new Replay(open.map(this::installed).orElse(state), Optional.empty());
      case UNLOADED ->
          new Replay(
              open.flatMap(Event::policySet).map(state::without).orElse(state), Optional.empty());
    };
  }

  private State installed(Event begun) {
    return begun.policySet().isPresent()
            && begun.ratchet().isPresent()
            && begun.intended().isPresent()
        ? state.with(begun.policySet().get(), begun.ratchet().get(), begun.intended().get())
        : state;
  }
}
