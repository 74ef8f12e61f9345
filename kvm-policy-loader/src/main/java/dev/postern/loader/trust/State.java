package dev.postern.loader.trust;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the host remembers, schema {@code postern.state/1}.
 *
 * @param sets by policy set, the highest version that was installed
 * @param installed by policy set, what is installed now
 * @param trust which {@code trust.json} this host goes by; absent before the first
 * @param head the last journal entry this state knows
 */
public record State(
    SortedMap<String, Ratchet> sets,
    SortedMap<String, Installed> installed,
    Optional<Trusted> trust,
    Head head) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.state/1";

  /** A host that has installed nothing yet. */
  public static final State EMPTY =
      new State(new TreeMap<>(), new TreeMap<>(), Optional.empty(), Head.NONE);

  /**
   * The highest version under a trust root. A newer root (a larger epoch) begins a count of its
   * own: a thief of the old keys who signed version 2^63-1 has not locked the set for ever.
   */
  public record Ratchet(long rootEpoch, long version, String bundleId) {
    public Ratchet {
      if (rootEpoch < 0 || version < 0) {
        throw new IllegalArgumentException("epochs and versions are not negative");
      }
    }
  }

  /**
   * What is installed.
   *
   * @param target what the backend calls the place: a file, a virtual machine
   * @param digest of what was put there, for comparison
   * @param vms the source machines it is for
   */
  public record Installed(
      String backend,
      String target,
      String digest,
      String bundleId,
      long version,
      String policySha256,
      String planSha256,
      List<String> vms) {
    public Installed {
      vms = List.copyOf(vms);
    }

    Json json() {
      return Json.object()
          .put("backend", backend)
          .put("target", target)
          .put("digest", digest)
          .put("bundle", bundleId)
          .put("version", version)
          .put("policySha256", policySha256)
          .put("planSha256", planSha256)
          .put("vms", Json.texts(vms))
          .build();
    }

    static Installed read(Members in) throws JsonException {
      Installed installed =
          new Installed(
              in.text("backend"),
              in.text("target"),
              in.text("digest"),
              in.text("bundle"),
              in.number("version"),
              in.text("policySha256"),
              in.text("planSha256"),
              in.texts("vms"));
      in.end();
      return installed;
    }
  }

  /**
   * A trust, whose content is kept in a file of its own.
   *
   * @param id SHA-384 of its bytes
   */
  public record Trusted(long version, String id) {
    Json json() {
      return Json.object().put("version", version).put("id", id).build();
    }

    static Trusted read(Members in) throws JsonException {
      Trusted trusted = new Trusted(in.number("version"), in.text("id"));
      in.end();
      return trusted;
    }
  }

  /** A place in the journal: how many entries, and the digest of the last. */
  public record Head(long entries, String sha256) {
    static final Head NONE = new Head(0, "0".repeat(64));
  }

  public State {
    sets = Collections.unmodifiableSortedMap(new TreeMap<>(sets));
    installed = Collections.unmodifiableSortedMap(new TreeMap<>(installed));
  }

  State at(Head newHead) {
    return new State(sets, installed, trust, newHead);
  }

  /** This state going by another trust. */
  public State with(Trusted newTrust) {
    return new State(sets, installed, Optional.of(newTrust), head);
  }

  /** This state after {@code set} was installed; a version is remembered for good. */
  public State with(String set, Ratchet ratchet, Installed now) {
    SortedMap<String, Ratchet> newSets = new TreeMap<>(sets);
    newSets.put(set, ratchet);
    SortedMap<String, Installed> newInstalled = new TreeMap<>(installed);
    newInstalled.put(set, now);
    return new State(newSets, newInstalled, trust, head);
  }

  /** This state after {@code set} was taken out; its version stays. */
  public State without(String set) {
    SortedMap<String, Installed> newInstalled = new TreeMap<>(installed);
    newInstalled.remove(set);
    return new State(sets, newInstalled, trust, head);
  }

  byte[] canonical() {
    List<Json> setItems = new ArrayList<>();
    sets.forEach((set, ratchet) ->
        setItems.add(
            Json.object()
                .put("policySet", set)
                .put("rootEpoch", ratchet.rootEpoch())
                .put("version", ratchet.version())
                .put("bundle", ratchet.bundleId())
                .build()));
    List<Json> installedItems = new ArrayList<>();
    installed.forEach((set, now) ->
        installedItems.add(
            Json.object().put("policySet", set).put("installed", now.json()).build()));
    Json.Builder out =
        Json.object()
            .put("schema", SCHEMA)
            .put("sets", new Json.Arr(setItems))
            .put("installed", new Json.Arr(installedItems));
    trust.ifPresent(now -> out.put("trust", now.json()));
    return JsonWriter.canonical(
        out.put(
                "journal",
                Json.object().put("entries", head.entries()).put("sha256", head.sha256()).build())
            .build());
  }

  /** Reads what {@link #canonical} writes, and nothing else. */
  static State read(byte[] document) throws JsonException {
    Members in = Members.of(JsonReader.parse(document, JsonLimits.DEFAULT), "");
    in.constant("schema", SCHEMA);
    SortedMap<String, Ratchet> sets = new TreeMap<>();
    SortedMap<String, Installed> installed = new TreeMap<>();
    Optional<Trusted> trust;
    Head head;
    try {
      for (Members set : in.objects("sets")) {
        sets.put(
            set.text("policySet"),
            new Ratchet(set.number("rootEpoch"), set.number("version"), set.text("bundle")));
        set.end();
      }
      for (Members item : in.objects("installed")) {
        installed.put(item.text("policySet"), Installed.read(item.object("installed")));
        item.end();
      }
      trust = in.has("trust") ? Optional.of(Trusted.read(in.object("trust"))) : Optional.empty();
      Members journal = in.object("journal");
      head = new Head(journal.number("entries"), journal.text("sha256"));
      journal.end();
      in.end();
    } catch (IllegalArgumentException e) {
      throw JsonException.mismatch("", String.valueOf(e.getMessage()));
    }
    State state = new State(sets, installed, trust, head);
    if (!Arrays.equals(document, state.canonical())) {
      throw JsonException.mismatch("", "not in canonical form");
    }
    return state;
  }
}
