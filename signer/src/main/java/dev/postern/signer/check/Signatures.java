package dev.postern.signer.check;

import dev.postern.model.Bytes;
import dev.postern.signer.cms.CmsException;
import dev.postern.signer.cms.CmsVerifier;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who signed some bytes, and whether they are enough for a role. */
final class Signatures {

  private final Trust trust;
  private final Role.Name role;
  private final Instant now;
  private final List<Signer> signers = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final SortedMap<String, Refusal> uncounted = new TreeMap<>();

  private Signatures(Trust trust, Role.Name role, Instant now) {
    this.trust = trust;
    this.role = role;
    this.now = now;
  }

  /**
   * Checks every signature.
   *
   * @param signatures by key id
   * @param others keys that may have signed as well without counting here
   */
  static Signatures of(
      SortedMap<String, Bytes> signatures,
      byte[] content,
      ContentType type,
      Trust trust,
      Role.Name role,
      Map<String, TrustedKey> others,
      Instant now) {
    Signatures all = new Signatures(trust, role, now);
    if (signatures.isEmpty()) {
      all.refuse(Reason.UNSIGNED, "no signature");
    }
    signatures.forEach((id, signature) -> {
      Optional<TrustedKey> key = trust.key(id).or(() -> Optional.ofNullable(others.get(id)));
      if (key.isEmpty()) {
        all.refuse(Reason.SIGNER_UNKNOWN, "key " + id + " is not trusted");
      } else {
        all.one(key.get(), signature.toArray(), content, type);
      }
    });
    return all;
  }

  List<Signer> signers() {
    return List.copyOf(signers);
  }

  /** What is wrong, if {@code asked} persons are wanted at least; empty if they are enough. */
  List<Refusal> refusals(int asked) {
    List<Refusal> all = new ArrayList<>(refusals);
    if (!all.isEmpty()) {
      return all;
    }
    Optional<Role> needed = trust.role(role);
    int threshold = Math.max(asked, needed.map(Role::threshold).orElse(Integer.MAX_VALUE));
    TreeSet<String> persons = new TreeSet<>();
    TreeSet<String> postQuantum = new TreeSet<>();
    for (Signer signer : signers) {
      if (signer.counts()) {
        persons.add(signer.person());
        if (signer.algorithm().postQuantum()) {
          postQuantum.add(signer.person());
        }
      }
    }
    if (persons.size() < threshold) {
      all.addAll(uncounted.values());
      all.add(
          new Refusal(Reason.THRESHOLD, persons.size() + " of " + threshold + " persons signed"));
    }
    int wanted = needed.map(Role::postQuantum).orElse(0);
    if (postQuantum.size() < wanted) {
      all.add(
          new Refusal(
              Reason.POST_QUANTUM,
              postQuantum.size() + " of " + wanted + " persons signed with a post-quantum key"));
    }
    return all;
  }

  private void one(TrustedKey key, byte[] signature, byte[] content, ContentType type) {
    try {
      boolean unattended = CmsVerifier.verify(signature, content, type, key.key());
      Optional<Refusal> doubt = doubt(key);
      doubt.ifPresent(refusal -> uncounted.put(key.id(), refusal));
      signers.add(
          new Signer(key.id(), key.person(), key.key().algorithm(), doubt.isEmpty(), unattended));
    } catch (CmsException e) {
      Reason reason =
          switch (e.kind()) {
            case PROFILE -> Reason.SIGNATURE_PROFILE;
            case SIGNER -> Reason.SIGNER_UNKNOWN;
            case INVALID -> Reason.SIGNATURE_INVALID;
          };
      refuse(reason, "signature of key " + key.id() + ": " + e.getMessage());
    }
  }

  /** Why a good signature does not count. */
  private Optional<Refusal> doubt(TrustedKey key) {
    String who = key.person() + "'s key " + key.id();
    if (trust.role(role).isEmpty() || !trust.role(role).get().keys().contains(key.id())) {
      return Optional.of(
          new Refusal(
              Reason.ROLE, who + " is not of the role " + dev.postern.json.Members.word(role)));
    }
    if (key.state() == TrustedKey.State.REVOKED) {
      return Optional.of(new Refusal(Reason.KEY_REVOKED, who + " is revoked"));
    }
    if (key.notAfter().isPresent()
        && !now.isBefore(key.notAfter().get().plusSeconds(trust.clockSkewSeconds()))) {
      return Optional.of(
          new Refusal(Reason.KEY_EXPIRED, who + " was good until " + key.notAfter().get()));
    }
    return Optional.empty();
  }

  private void refuse(Reason reason, String detail) {
    refusals.add(new Refusal(reason, detail));
  }
}
