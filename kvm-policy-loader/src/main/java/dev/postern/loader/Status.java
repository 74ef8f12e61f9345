package dev.postern.loader;

import dev.postern.json.Json;
import dev.postern.json.Members;
import dev.postern.loader.install.Presence;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the record says is installed, and what each backend finds.
 *
 * @param trust which trust the host goes by
 * @param entries the journal's length
 */
public record Status(List<Item> items, Optional<State.Trusted> trust, long entries) {

  /** One policy set. */
  public record Item(String policySet, State.Installed recorded, Presence found) {}

  public Status {
    items = List.copyOf(items);
  }

  /** Asks every backend; an interruption that nobody has looked at yet is settled first. */
  public static Status of(StateDirectory state) throws IOException {
    Recovery.settle(state);
    List<Item> items = new ArrayList<>();
    for (var entry : state.state().installed().entrySet()) {
      State.Installed recorded = entry.getValue();
      Presence found =
          Installers.open(recorded.backend(), recorded.target(), state.disk())
              .orElseThrow(() ->
                  new IOException("the record names an unknown backend: " + recorded.backend()))
              .presence(recorded);
      items.add(new Item(entry.getKey(), recorded, found));
    }
    return new Status(items, state.state().trust(), state.journal().entries().size());
  }

  /** Whether all that is recorded is there, unchanged. */
  public boolean exact() {
    return items.stream().allMatch(item -> item.found() == Presence.PRESENT);
  }

  public Json json() {
    Json.Builder out =
        Json.object()
            .put("schema", "postern.status/1")
            .put("exact", exact())
            .put("journalEntries", entries);
    trust.ifPresent(now ->
        out.put("trust", Json.object().put("version", now.version()).put("id", now.id()).build()));
    return out.put("installed", Json.array(items, Status::item)).build();
  }

  private static Json item(Item item) {
    return Json.object()
        .put("policySet", item.policySet())
        .put("version", item.recorded().version())
        .put("bundle", item.recorded().bundleId())
        .put("backend", item.recorded().backend())
        .put("target", item.recorded().target())
        .put("vms", Json.texts(item.recorded().vms()))
        .put("found", Members.word(item.found()))
        .build();
  }
}
