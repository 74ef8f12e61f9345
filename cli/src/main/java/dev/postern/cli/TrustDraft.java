package dev.postern.cli;

import dev.postern.json.JsonException;
import dev.postern.model.RuleId;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.trust.Floor;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A {@code trust.json} in the making; what comes out has been read back, so it is a possible one.
 */
final class TrustDraft {

  private static final int CERTIFICATE_BYTES = 1 << 20;

  long version;
  Instant expires;
  long ratchetEpoch;
  Optional<Integer> maxBundleDays;
  long clockSkewSeconds;
  final Map<Role.Name, Integer> thresholds = new EnumMap<>(Role.Name.class);
  final Map<Role.Name, Integer> postQuantum = new EnumMap<>(Role.Name.class);
  final Map<Role.Name, SortedSet<String>> members = new EnumMap<>(Role.Name.class);
  final SortedMap<String, TrustedKey> keys = new TreeMap<>();
  final SortedSet<String> waivers = new TreeSet<>();
  final SortedMap<String, Floor> floors = new TreeMap<>();
  final SortedSet<String> revokedBundles = new TreeSet<>();

  /** The first version. */
  TrustDraft(Instant expires) {
    version = 1;
    this.expires = expires;
    maxBundleDays = Optional.of(180);
    clockSkewSeconds = 300;
  }

  /** The version after {@code before}. */
  TrustDraft(Trust before) {
    version = before.version() + 1;
    expires = before.expires().orElseThrow();
    ratchetEpoch = before.ratchetEpoch();
    maxBundleDays = before.maxBundleDays();
    clockSkewSeconds = before.clockSkewSeconds();
    before
        .roles()
        .forEach((name, role) -> {
          thresholds.put(name, role.threshold());
          postQuantum.put(name, role.postQuantum());
          members.put(name, new TreeSet<>(role.keys()));
        });
    keys.putAll(before.keys());
    waivers.addAll(before.waivers());
    floors.putAll(before.floors());
    revokedBundles.addAll(before.revokedBundles());
  }

  /** {@code PERSON=CERT}: a key of that person's joins the role. */
  void add(Role.Name role, String argument) throws Failure, IOException {
    int equals = argument.indexOf('=');
    if (equals < 1) {
      throw Failure.badInput("'" + argument + "' is not PERSON=CERT");
    }
    String person = argument.substring(0, equals);
    Path file = Path.of(argument.substring(equals + 1));
    List<PinnedKey> pinned;
    try {
      pinned = PinnedKeys.read(List.of(BundleFiles.bounded(file, CERTIFICATE_BYTES))).keys();
    } catch (KeyException e) {
      throw Failure.badInput(file + ": " + e.getMessage());
    }
    for (PinnedKey key : pinned) {
      TrustedKey known = keys.get(key.keyId());
      if (known != null && !known.person().equals(person)) {
        throw Failure.badInput(file + ": is " + known.person() + "'s key already");
      }
      if (known == null) {
        keys.put(
            key.keyId(), new TrustedKey(key, person, Optional.empty(), TrustedKey.State.ACTIVE));
      }
      members.computeIfAbsent(role, _ -> new TreeSet<>()).add(key.keyId());
    }
  }

  /** The only key whose id starts so. */
  String key(String prefix) throws Failure {
    List<String> found = keys.keySet().stream().filter(id -> id.startsWith(prefix)).toList();
    if (prefix.length() < 8 || found.size() != 1) {
      throw Failure.badInput(
          "'" + prefix + "' names " + found.size() + " keys; hint: 8 digits of an id or more");
    }
    return found.getFirst();
  }

  void revokeKey(String prefix) throws Failure {
    String id = key(prefix);
    TrustedKey key = keys.get(id);
    if (key != null) {
      keys.put(
          id, new TrustedKey(key.key(), key.person(), key.notAfter(), TrustedKey.State.REVOKED));
    }
  }

  void allowWaiver(String rule) throws Failure {
    if (RuleId.of(rule).isEmpty()) {
      throw Failure.badInput("no rule '" + rule + "'; hint: postern explain");
    }
    waivers.add(rule);
  }

  /** {@code SET=VERSION} or {@code SET=VERSION:EPOCH}. */
  void floor(String argument) throws Failure {
    var match =
        java.util.regex.Pattern.compile("(.+)=(\\d{1,18})(?::(\\d{1,18}))?").matcher(argument);
    if (!match.matches()) {
      throw Failure.badInput("'" + argument + "' is not SET=VERSION or SET=VERSION:EPOCH");
    }
    String set = String.valueOf(match.group(1));
    long epoch = match.group(3) == null ? 0 : Long.parseLong(match.group(3));
    floors.put(set, new Floor(set, Long.parseLong(match.group(2)), epoch));
  }

  /** As it would be read by a host, or why no host would. */
  Trust finish() throws Failure {
    Map<Role.Name, Role> roles = new EnumMap<>(Role.Name.class);
    members.forEach((name, ids) ->
        roles.put(
            name,
            new Role(
                thresholds.getOrDefault(name, 1),
                postQuantum.getOrDefault(name, 0),
                List.copyOf(ids))));
    Trust trust =
        new Trust(
            version,
            Optional.of(expires),
            ratchetEpoch,
            maxBundleDays,
            clockSkewSeconds,
            roles,
            keys,
            waivers,
            floors,
            revokedBundles);
    try {
      return Trust.read(trust.write());
    } catch (JsonException e) {
      throw Failure.badInput("no host would take this trust: " + e.getMessage());
    }
  }
}
