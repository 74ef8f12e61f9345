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
import java.util.Optional;

/**
 * Walks a trust chain from the version a host has to its last: each version is the next, and signed
 * by the root threshold of the one before and by its own. A version on the way may have expired,
 * the last may not, or a host could be held at a version for ever. The first link that does not
 * hold ends the walk: what stands behind it is nobody's word.
 */
public final class TrustChecker {

  private TrustChecker() {}

  /**
   * Which trust a host goes by that is handed {@code given}: a {@code trust.json}, or a chain that
   * leads on from {@code current}. A host that has none takes a {@code trust.json} on the word of
   * whoever hands it over; one that has goes on by a chain, and never back.
   */
  public static TrustUpdate follow(Optional<Trust> current, byte[] given, Instant now) {
    if (given.length == 0 || given[0] != '{') {
      return current.isPresent()
          ? update(current.get(), given, now)
          : refused(new Refusal(Reason.TRUST_MISSING, "a chain, and no trust that it begins at"));
    }
    Trust next;
    try {
      next = Trust.read(given);
    } catch (JsonException e) {
      return refused(new Refusal(Reason.TRUST_MALFORMED, String.valueOf(e.getMessage())));
    }
    if (current.isEmpty() || next.equals(current.get())) {
      return fresh(next, now);
    }
    long version = current.get().version();
    if (next.version() < version) {
      return refused(
          new Refusal(
              Reason.TRUST_ROLLBACK,
              "version " + next.version() + ", this host goes by " + version));
    }
    return broken(
        next.version(),
        next.version() == version
            ? "is another trust than the one installed"
            : "does not show that it follows " + version + "; hint: its chain does");
  }

  /**
   * The trust of a new root, on the word of whoever hands it over: what to do after the threshold
   * of the old root was stolen. What is remembered of bundles counts within one ratchet epoch, so
   * the new one must be in a later one, lest it bring old bundles back unseen.
   */
  public static TrustUpdate replace(Optional<Trust> current, byte[] given, Instant now) {
    Trust next;
    try {
      next = Trust.read(given);
    } catch (JsonException e) {
      return refused(new Refusal(Reason.TRUST_MALFORMED, String.valueOf(e.getMessage())));
    }
    if (current.isPresent() && next.ratchetEpoch() <= current.get().ratchetEpoch()) {
      return refused(
          new Refusal(
              Reason.TRUST_ROLLBACK,
              "a new root's ratchet epoch is above " + current.get().ratchetEpoch()));
    }
    return fresh(next, now);
  }

  private static TrustUpdate fresh(Trust trust, Instant now) {
    return trust.expired(now)
        ? refused(
            new Refusal(
                Reason.TRUST_EXPIRED,
                "version " + trust.version() + " expired at " + trust.expires().orElseThrow()))
        : new TrustUpdate.Updated(trust);
  }

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
    return fresh(last, now);
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
