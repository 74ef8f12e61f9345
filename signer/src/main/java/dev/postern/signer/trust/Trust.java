package dev.postern.signer.trust;

import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.key.PinnedKeys;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One version of {@code trust.json}.
 *
 * @param version one more with each rotation
 * @param expires from when on nothing new is taken on its word; absent for bare keys only
 * @param ratchetEpoch remembered bundle versions count only within one such epoch: raising it lets
 *     hosts forget a version that a stolen key ran up to the top, and leaves the floors in charge
 * @param maxBundleDays a bundle must say until when it is good, and not for longer; absent: it need
 *     not
 * @param clockSkewSeconds how wrong the host's clock may be
 * @param keys by id
 * @param waivers rules that a bundle may waive
 * @param revokedBundles bundle ids
 */
public record Trust(
    long version,
    Optional<Instant> expires,
    long ratchetEpoch,
    Optional<Integer> maxBundleDays,
    long clockSkewSeconds,
    Map<Role.Name, Role> roles,
    SortedMap<String, TrustedKey> keys,
    SortedSet<String> waivers,
    SortedMap<String, Floor> floors,
    SortedSet<String> revokedBundles) {

  public Trust {
    roles = Collections.unmodifiableMap(new EnumMap<>(roles));
    keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    waivers = Collections.unmodifiableSortedSet(new TreeSet<>(waivers));
    floors = Collections.unmodifiableSortedMap(new TreeMap<>(floors));
    revokedBundles = Collections.unmodifiableSortedSet(new TreeSet<>(revokedBundles));
  }

  /** Reads {@code trust.json}: one spelling, no unknown member, every promise it makes possible. */
  public static Trust read(byte[] json) throws JsonException {
    return TrustJson.read(json);
  }

  /** Its one spelling; {@code read(write()) = this}. */
  public byte[] write() {
    return TrustJson.write(this);
  }

  /** SHA-384 of {@link #write}: what people compare before they install a first version. */
  public String id() {
    return dev.postern.signer.bundle.Bundle.sha384(Bytes.of(write()));
  }

  /**
   * Bare keys: any one of them is enough, each is a person, there is no root, and nothing is said
   * of expiry, floors or revocation. Waivers are not accepted, for nobody said they are.
   */
  public static Trust of(PinnedKeys pinned) {
    SortedMap<String, TrustedKey> keys = new TreeMap<>();
    for (PinnedKey key : pinned.keys()) {
      String person = "key " + key.keyId().substring(0, 16);
      keys.put(key.keyId(), new TrustedKey(key, person, Optional.empty(), TrustedKey.State.ACTIVE));
    }
    Map<Role.Name, Role> roles = new HashMap<>();
    roles.put(Role.Name.OPERATOR, new Role(1, 0, List.copyOf(keys.keySet())));
    return new Trust(
        0,
        Optional.empty(),
        0,
        Optional.empty(),
        0,
        roles,
        keys,
        new TreeSet<>(),
        new TreeMap<>(),
        new TreeSet<>());
  }

  public Optional<Role> role(Role.Name name) {
    return Optional.ofNullable(roles.get(name));
  }

  public Optional<TrustedKey> key(String id) {
    return Optional.ofNullable(keys.get(id));
  }

  /** What is too old; nothing, where nothing is said. */
  public Floor floor(String policySet) {
    return Optional.ofNullable(floors.get(policySet)).orElse(new Floor(policySet, 0, 0));
  }

  /** Whether the trust itself is too old at {@code now}. */
  public boolean expired(Instant now) {
    return expires.isPresent() && !now.isBefore(expires.get().plusSeconds(clockSkewSeconds));
  }

  /** Persons with a key of {@code role} that is not revoked. */
  public Set<String> persons(Role role) {
    Set<String> persons = new TreeSet<>();
    for (String id : role.keys()) {
      key(id)
          .filter(key -> key.state() == TrustedKey.State.ACTIVE)
          .ifPresent(key -> persons.add(key.person()));
    }
    return persons;
  }
}
