package dev.postern.signer.check;

import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustChain;
import dev.postern.signer.trust.TrustedKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Walks a trust chain from the version a host has to its last: each version is the next, and signed
 * by the root threshold of the one before and by its own. A version on the way may have expired,
 * the last may not, or a host could be held at a version for ever. The first link that does not
 * hold ends the walk: what stands behind it is nobody's word.
 */
public final class TrustChecker {

  private TrustChecker() {}

  /** Whether {@code archive} leads from {@code current} to a version that is good {@code now}. */
  public static TrustUpdate update(Trust current, byte[] archive, Instant now) {
    TrustChain chain;
    try {
      chain = TrustChain.read(archive);
    } catch (ArchiveException e) {
      return refused(new Refusal(Reason.ARCHIVE_MALFORMED, String.valueOf(e.getMessage())));
    }
    Trust last = current;
    for (Map.Entry<Long, TrustChain.Link> entry : chain.links().entrySet()) {
      Trust next;
      try {
        next = Trust.read(entry.getValue().trust().toArray());
      } catch (JsonException e) {
        return refused(
            new Refusal(
                Reason.TRUST_MALFORMED, "version " + entry.getKey() + ": " + e.getMessage()));
      }
      if (next.version() != entry.getKey()) {
        return broken(entry.getKey(), "says it is version " + next.version());
      }
      if (next.version() < current.version()) {
        continue;
      }
      if (next.version() == current.version()) {
        if (!next.equals(current)) {
          return broken(next.version(), "is another trust than the one installed");
        }
        continue;
      }
      List<Refusal> refusals = link(last, next, entry.getValue(), now);
      if (!refusals.isEmpty()) {
        return new TrustUpdate.Refused(refusals);
      }
      last = next;
    }
    return last.expired(now)
        ? refused(
            new Refusal(
                Reason.TRUST_EXPIRED,
                "version " + last.version() + " expired at " + last.expires().orElseThrow()))
        : new TrustUpdate.Updated(last);
  }

  /** Whether {@code next} follows {@code before}; every reason against. */
  public static List<Refusal> link(Trust before, Trust next, TrustChain.Link link, Instant now) {
    List<Refusal> refusals = new ArrayList<>();
    if (next.version() != before.version() + 1) {
      refusals.add(
          new Refusal(
              Reason.TRUST_CHAIN,
              "version " + next.version() + " does not follow " + before.version()));
    }
    if (next.ratchetEpoch() < before.ratchetEpoch()) {
      refusals.add(
          new Refusal(
              Reason.TRUST_CHAIN, "version " + next.version() + " takes the ratchet epoch back"));
    }
    Map<String, TrustedKey> either = new HashMap<>(before.keys());
    either.putAll(next.keys());
    byte[] signed = link.trust().toArray();
    for (Trust judge : List.of(before, next)) {
      Signatures signatures =
          Signatures.of(
              link.signatures(), signed, ContentType.TRUST, judge, Role.Name.ROOT, either, now);
      for (Refusal refusal : signatures.refusals(1)) {
        Refusal named =
            new Refusal(
                refusal.reason(),
                "version "
                    + next.version()
                    + " by the root of "
                    + judge.version()
                    + ": "
                    + refusal.detail());
        if (refusals.stream().noneMatch(known -> known.reason() == named.reason())) {
          refusals.add(named);
        }
      }
    }
    return refusals;
  }

  /** Who signed a version, as {@code judge} sees them. */
  public static List<Signer> signers(
      TrustChain.Link link, Trust judge, Map<String, TrustedKey> others, Instant now) {
    Bytes signed = link.trust();
    return Signatures.of(
            link.signatures(),
            signed.toArray(),
            ContentType.TRUST,
            judge,
            Role.Name.ROOT,
            others,
            now)
        .signers();
  }

  private static TrustUpdate broken(long version, String detail) {
    return refused(new Refusal(Reason.TRUST_CHAIN, "version " + version + " " + detail));
  }

  private static TrustUpdate refused(Refusal refusal) {
    return new TrustUpdate.Refused(List.of(refusal));
  }
}
