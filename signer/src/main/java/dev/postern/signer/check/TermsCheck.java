package dev.postern.signer.check;

import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.trust.Floor;
import dev.postern.signer.trust.Trust;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Holds a bundle's terms against the trust, the clock and what is there already. */
record TermsCheck(Trust trust, Occasion occasion) {

  List<Refusal> of(Predicate.Head head, String id) {
    List<Refusal> refusals = new ArrayList<>();
    Terms terms = head.said().terms();
    if (trust.revokedBundles().contains(id)) {
      refusals.add(new Refusal(Reason.REVOKED, "bundle " + id + " is revoked"));
    }
    if (terms.minLoader() > Terms.LOADER) {
      refusals.add(
          new Refusal(
              Reason.LOADER_TOO_OLD,
              "asks for loader " + terms.minLoader() + ", this is " + Terms.LOADER));
    }
    if (trust.version() > 0 && terms.trustVersion() > trust.version()) {
      refusals.add(
          new Refusal(
              Reason.TRUST_TOO_OLD,
              "asks for trust " + terms.trustVersion() + ", this is " + trust.version()));
    }
    validity(terms, refusals);
    if (occasion.policySet().isPresent() && !occasion.policySet().get().equals(head.policySet())) {
      refusals.add(
          new Refusal(
              Reason.POLICY_SET,
              "is of " + head.policySet() + ", wanted is " + occasion.policySet().get()));
    }
    floor(head, refusals);
    Optional.ofNullable(occasion.standing().get(head.policySet()))
        .filter(there -> !there.bundleId().equals(id))
        .ifPresent(there -> newer(head, there, refusals));
    return refusals;
  }

  private void floor(Predicate.Head head, List<Refusal> refusals) {
    Terms terms = head.said().terms();
    Floor floor = trust.floor(head.policySet());
    if (head.version() < floor.minVersion()) {
      refusals.add(
          new Refusal(
              Reason.BELOW_FLOOR,
              "version " + head.version() + " is below the floor " + floor.minVersion()));
    }
    if (terms.securityEpoch() < floor.minEpoch()) {
      refusals.add(
          new Refusal(
              Reason.EPOCH_BELOW_FLOOR,
              "epoch " + terms.securityEpoch() + " is below the floor " + floor.minEpoch()));
    }
  }

  private static void newer(Predicate.Head head, Standing there, List<Refusal> refusals) {
    if (head.version() <= there.version()) {
      refusals.add(
          new Refusal(
              Reason.NOT_NEWER, "version " + head.version() + " is not above " + there.version()));
    }
    head.said()
        .terms()
        .supersedes()
        .filter(before -> !before.equals(there.bundleId()))
        .ifPresent(before ->
            refusals.add(
                new Refusal(
                    Reason.SUPERSEDES,
                    "takes the place of " + before + ", and " + there.bundleId() + " is here")));
  }

  private void validity(Terms terms, List<Refusal> refusals) {
    Duration skew = Duration.ofSeconds(trust.clockSkewSeconds());
    Instant now = occasion.now();
    terms
        .notBefore()
        .filter(begin -> now.plus(skew).isBefore(begin))
        .ifPresent(begin ->
            refusals.add(new Refusal(Reason.NOT_YET_VALID, "is not valid before " + begin)));
    terms
        .expires()
        .filter(end -> !now.minus(skew).isBefore(end))
        .ifPresent(end -> refusals.add(new Refusal(Reason.EXPIRED, "expired at " + end)));
    trust
        .maxBundleDays()
        .filter(days ->
            terms.expires().isEmpty()
                || terms
                    .expires()
                    .get()
                    .isAfter(terms.notBefore().orElse(now).plus(Duration.ofDays(days))))
        .ifPresent(days ->
            refusals.add(
                new Refusal(
                    Reason.VALIDITY_TOO_LONG, "may be good for " + days + " days at most")));
  }
}
