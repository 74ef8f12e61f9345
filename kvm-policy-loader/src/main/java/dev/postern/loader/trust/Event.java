package dev.postern.loader.trust;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import java.util.List;
import java.util.Optional;

/**
 * A decision, as the journal holds it.
 *
 * @param kind what was decided
 * @param policySet which set, where it is known: an untrusted bundle has none
 * @param bundleId which bundle, where it is one
 * @param reasons codes and details, in the order they were found; attestations of an installation
 * @param intended what an intention would put there; absent when it would take it out
 * @param ratchet the version an intention stands for
 * @param trust the {@code trust.json} that was gone on to
 */
public record Event(
    Kind kind,
    Optional<String> policySet,
    Optional<String> bundleId,
    List<String> reasons,
    Optional<State.Installed> intended,
    Optional<State.Ratchet> ratchet,
    Optional<State.Trusted> trust) {

  /** What was decided. */
  public enum Kind {
    /** A bundle was refused; nothing was changed. */
    REFUSED,
    /** An installation begins. Until its end is recorded, it is not known whether it took place. */
    INSTALLING,
    INSTALLED,
    /** A removal begins. */
    UNLOADING,
    UNLOADED,
    /** What was begun did not take place. */
    UNDONE,
    /** Another trust holds from here on. */
    TRUSTED
  }

  public Event {
    reasons = List.copyOf(reasons);
  }

  /** A bundle that was refused. */
  public static Event refused(
      Optional<String> policySet, Optional<String> bundleId, List<String> reasons) {
    return new Event(
        Kind.REFUSED,
        policySet,
        bundleId,
        reasons,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** A trust that holds from here on, and how it came. */
  public static Event trusted(State.Trusted trust, String how) {
    return new Event(
        Kind.TRUSTED,
        Optional.empty(),
        Optional.empty(),
        List.of(how),
        Optional.empty(),
        Optional.empty(),
        Optional.of(trust));
  }

  /** The beginning of an installation, with what was attested. */
  public static Event installing(
      String set, State.Ratchet ratchet, State.Installed intended, List<String> attestations) {
    return new Event(
        Kind.INSTALLING,
        Optional.of(set),
        Optional.of(intended.bundleId()),
        attestations,
        Optional.of(intended),
        Optional.of(ratchet),
        Optional.empty());
  }

  /** The beginning of a removal. */
  public static Event unloading(String set, State.Installed from) {
    return new Event(
        Kind.UNLOADING,
        Optional.of(set),
        Optional.of(from.bundleId()),
        List.of(),
        Optional.of(from),
        Optional.empty(),
        Optional.empty());
  }

  /** How what {@code begun} says ended. */
  public static Event end(Kind kind, Event begun, List<String> reasons) {
    return new Event(
        kind,
        begun.policySet,
        begun.bundleId,
        reasons,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  Json.Builder json() {
    Json.Builder json = Json.object().put("kind", Members.word(kind));
    policySet.ifPresent(set -> json.put("policySet", set));
    bundleId.ifPresent(id -> json.put("bundle", id));
    json.put("reasons", Json.texts(reasons));
    intended.ifPresent(what -> json.put("what", what.json()));
    ratchet.ifPresent(to -> json.put("rootEpoch", to.rootEpoch()).put("version", to.version()));
    trust.ifPresent(now -> json.put("trust", now.json()));
    return json;
  }

  static Event read(Members in) throws JsonException {
    Kind kind = in.word("kind", Kind.class);
    Optional<String> set = in.optionalText("policySet");
    Optional<String> bundle = in.optionalText("bundle");
    List<String> reasons = in.texts("reasons");
    Optional<State.Installed> what =
        in.has("what") ? Optional.of(State.Installed.read(in.object("what"))) : Optional.empty();
    Optional<State.Ratchet> ratchet =
        in.has("version") && bundle.isPresent()
            ? Optional.of(
                new State.Ratchet(in.number("rootEpoch"), in.number("version"), bundle.get()))
            : Optional.empty();
    Optional<State.Trusted> trust =
        in.has("trust") ? Optional.of(State.Trusted.read(in.object("trust"))) : Optional.empty();
    return new Event(kind, set, bundle, reasons, what, ratchet, trust);
  }
}
