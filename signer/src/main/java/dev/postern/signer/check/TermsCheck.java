package dev.postern.signer.check;

import dev.postern.model.Policy;
import dev.postern.model.Waiver;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.trust.Floor;
import dev.postern.signer.trust.Trust;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Holds a bundle's terms against the trust, the clock and what is there already. */
record TermsCheck(Trust trust, Occasion occasion) {

  List<Refusal> of(Terms terms, String id) {
    List<Refusal> refusals = new ArrayList<>();
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
    return refusals;
  }

  /** What needs the policy's name and version, which only the policy says. */
  List<Refusal> of(Policy policy, Terms terms, String id) {
    List<Refusal> refusals = new ArrayList<>();
    if (occasion.policySet().isPresent() && !occasion.policySet().get().equals(policy.name())) {
      refusals.add(
          new Refusal(
              Reason.POLICY_SET,
              "is of " + policy.name() + ", wanted is " + occasion.policySet().get()));
    }
    Floor floor = trust.floor(policy.name());
    if (policy.version() < floor.minVersion()) {
      refusals.add(
          new Refusal(
              Reason.BELOW_FLOOR,
              "version " + policy.version() + " is below the floor " + floor.minVersion()));
    }
    if (terms.securityEpoch() < floor.minEpoch()) {
      refusals.add(
          new Refusal(
              Reason.EPOCH_BELOW_FLOOR,
              "epoch " + terms.securityEpoch() + " is below the floor " + floor.minEpoch()));
    }
    for (Waiver waiver : policy.waivers()) {
      if (!trust.waivers().contains(waiver.rule())) {
        refusals.add(
            new Refusal(
                Reason.WAIVER, waiver.rule() + " is waived, which the trust does not allow"));
      }
    }
    boolean same = occasion.same().isPresent() && occasion.same().get().equals(id);
    if (!same && occasion.above().isPresent() && policy.version() <= occasion.above().getAsLong()) {
      refusals.add(
          new Refusal(
              Reason.NOT_NEWER,
              "version " + policy.version() + " is not above " + occasion.above().getAsLong()));
    }
    return refusals;
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
