package dev.postern.loader;

import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.loader.trust.StateException;
import dev.postern.model.Bytes;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Reason;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.check.Standing;
import dev.postern.signer.check.TrustChecker;
import dev.postern.signer.check.TrustUpdate;
import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The trust a load goes by. What a chain leads to is remembered at once, so that a revocation holds
 * whatever becomes of the bundle it came with; what was only handed over is remembered when it has
 * vouched for a bundle, so that a wrong file pins nobody.
 */
final class HostTrust {

  /** How long before its end a trust says so. */
  private static final Duration NOTICE = Duration.ofDays(30);

  private final Trust trust;
  private final Optional<StateDirectory> state;
  private final Instant now;
  private final Optional<String> news;

  private HostTrust(
      Trust trust, Optional<StateDirectory> state, Instant now, Optional<String> news) {
    this.trust = trust;
    this.state = state;
    this.now = now;
    this.news = news;
  }

  /** Which trust, or why none. */
  sealed interface Answer {
    record Found(HostTrust trust) implements Answer {}

    record Refused(List<Refusal> refusals) implements Answer {}
  }

  static Answer of(LoadRequest request, Optional<StateDirectory> state, boolean dry)
      throws StateException, IOException {
    Optional<Trust> before = state.isPresent() ? state.get().trust() : Optional.empty();
    TrustUpdate update = update(request, before);
    return switch (update) {
      case TrustUpdate.Refused(List<Refusal> refusals) -> new Answer.Refused(refusals);
      case TrustUpdate.Updated(Trust trust) -> {
        boolean same = before.isPresent() && before.get().equals(trust);
        boolean chained = !same && before.isPresent() && !request.newRoot();
        if (chained && state.isPresent() && !dry) {
          state.get().trust(trust, "by its chain");
        }
        Optional<String> news =
            same || chained || dry
                ? Optional.empty()
                : Optional.of(request.newRoot() ? "a new root, by hand" : "the first, by hand");
        yield new Answer.Found(new HostTrust(trust, state, request.now(), news));
      }
    };
  }

  private static TrustUpdate update(LoadRequest request, Optional<Trust> before) {
    if (request.trust().isPresent()) {
      byte[] given = request.trust().map(Bytes::toArray).orElseThrow();
      return request.newRoot()
          ? TrustChecker.replace(before, given, request.now())
          : TrustChecker.follow(before, given, request.now());
    }
    return before.isPresent()
        ? new TrustUpdate.Updated(before.get())
        : new TrustUpdate.Refused(
            List.of(
                new Refusal(
                    Reason.TRUST_MISSING, "this host goes by no trust yet, and none was given")));
  }

  Trust trust() {
    return trust;
  }

  long ratchetEpoch() {
    return trust.ratchetEpoch();
  }

  /**
   * What the checker is told: the versions remembered under this ratchet epoch. Those of an earlier
   * one do not count any more, and there are none of a later one, for no trust takes it back.
   */
  Occasion occasion() {
    Occasion occasion = Occasion.at(now);
    if (state.isPresent()) {
      for (var set : state.get().state().sets().entrySet()) {
        State.Ratchet remembered = set.getValue();
        if (remembered.rootEpoch() >= trust.ratchetEpoch()) {
          occasion =
              occasion.after(
                  set.getKey(), new Standing(remembered.version(), remembered.bundleId()));
        }
      }
    }
    return occasion;
  }

  /** A bundle was trusted by it: from here on the host goes by it. */
  void settle() throws IOException {
    if (news.isPresent() && state.isPresent()) {
      state.get().trust(trust, news.get());
    }
  }

  /** What an administrator should know of it. */
  List<String> notices() {
    return trust
        .expires()
        .filter(end -> end.isBefore(now.plus(NOTICE)))
        .map(end ->
            "trust version "
                + trust.version()
                + " ends at "
                + end
                + ": less than "
                + NOTICE.toDays()
                + " days are left")
        .stream()
        .toList();
  }
}
