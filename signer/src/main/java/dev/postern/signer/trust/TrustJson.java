package dev.postern.signer.trust;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Bytes;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.PinnedKey;
import dev.postern.signer.statement.Instants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** {@code postern.trust/1}. Read strictly: what is accepted is exactly what would be written. */
final class TrustJson {

  private static final String SCHEMA = "postern.trust/1";

  /** A few hundred keys of the largest algorithm, and as many revoked bundles as anyone has. */
  private static final JsonLimits LIMITS = new JsonLimits(8 << 20, 8, 200_000);

  private static final int KEYS = 256;
  private static final Pattern BUNDLE_ID = Pattern.compile("[0-9a-f]{96}");

  /** Printable and short: it is shown on the screen that asks for a signature. */
  private static final Pattern PERSON = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}");

  private TrustJson() {}

  static Trust read(byte[] bytes) throws JsonException {
    Members in = Members.of(JsonReader.parse(bytes, LIMITS), "");
    in.constant("schema", SCHEMA);
    long version = in.number("trustVersion");
    var expires = Optional.of(Instants.take(in, "expires"));
    long ratchetEpoch = in.number("ratchetEpoch");
    Optional<Integer> days =
        in.has("maxBundleDays") ? Optional.of(in.integer("maxBundleDays")) : Optional.empty();
    long skew = in.number("clockSkewSeconds");
    SortedMap<String, TrustedKey> keys = keys(in);
    Map<Role.Name, Role> roles = roles(in.object("roles"));
    SortedSet<String> waivers = new TreeSet<>(in.texts("waivers"));
    SortedMap<String, Floor> floors = floors(in);
    SortedSet<String> revoked = new TreeSet<>(in.texts("revokedBundles"));
    Trust trust =
        new Trust(
            version, expires, ratchetEpoch, days, skew, roles, keys, waivers, floors, revoked);
    if (version < 1 || ratchetEpoch < 0 || skew < 0 || skew > 86_400) {
      throw in.refuse("trustVersion", "a version, an epoch or the clock's skew is out of range");
    }
    if (days.isPresent() && (days.get() < 1 || days.get() > 3650)) {
      throw in.refuse("maxBundleDays", "expected 1 to 3650");
    }
    for (String id : revoked) {
      if (!BUNDLE_ID.matcher(id).matches()) {
        throw in.refuse("revokedBundles", "not a bundle id");
      }
    }
    in.end();
    possible(trust, in);
    if (!Arrays.equals(bytes, write(trust))) {
      throw in.refuse("schema", "not in canonical form");
    }
    return trust;
  }

  static byte[] write(Trust trust) {
    Json.Builder out = Json.object().put("schema", SCHEMA).put("trustVersion", trust.version());
    trust.expires().ifPresent(expires -> out.put("expires", Instants.text(expires)));
    out.put("ratchetEpoch", trust.ratchetEpoch());
    trust.maxBundleDays().ifPresent(days -> out.put("maxBundleDays", days));
    out.put("clockSkewSeconds", trust.clockSkewSeconds());
    out.put("keys", Json.array(trust.keys().values(), TrustJson::key));
    Json.Builder roles = Json.object();
    trust.roles().forEach((name, role) -> roles.put(Members.word(name), role(role)));
    out.put("roles", roles.build());
    out.put("waivers", Json.texts(trust.waivers()));
    out.put(
        "floors",
        Json.array(
            trust.floors().values(),
            floor ->
                Json.object()
                    .put("policySet", floor.policySet())
                    .put("minVersion", floor.minVersion())
                    .put("minEpoch", floor.minEpoch())
                    .build()));
    out.put("revokedBundles", Json.texts(trust.revokedBundles()));
    return JsonWriter.pretty(out.build()).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  /** A threshold that its persons cannot reach would lock everybody out. */
  private static void possible(Trust trust, Members in) throws JsonException {
    for (Role.Name needed : List.of(Role.Name.ROOT, Role.Name.OPERATOR)) {
      if (trust.role(needed).isEmpty()) {
        throw in.refuse("roles", "no role " + Members.word(needed));
      }
    }
    for (Map.Entry<Role.Name, Role> role : trust.roles().entrySet()) {
      String name = Members.word(role.getKey());
      for (String id : role.getValue().keys()) {
        if (trust.key(id).isEmpty()) {
          throw in.refuse("roles", name + " names a key that is not there");
        }
      }
      Set<String> persons = trust.persons(role.getValue());
      if (role.getValue().threshold() < 1 || role.getValue().threshold() > persons.size()) {
        throw in.refuse(
            "roles",
            name + " needs " + role.getValue().threshold() + " of " + persons.size() + " persons");
      }
      long able =
          trust.keys().values().stream()
              .filter(key -> role.getValue().keys().contains(key.id()))
              .filter(key -> key.state() == TrustedKey.State.ACTIVE)
              .filter(key -> key.key().algorithm().postQuantum())
              .map(TrustedKey::person)
              .distinct()
              .count();
      int asked = role.getValue().postQuantum();
      if (asked < 0 || asked > able) {
        throw in.refuse("roles", name + " needs " + asked + " of " + able + " post-quantum keys");
      }
    }
  }

  private static Json key(TrustedKey key) {
    Json.Builder out =
        Json.object()
            .put("id", key.id())
            .put("person", key.person())
            .put("algorithm", key.key().algorithm().word())
            .put("spki", key.key().spki().hex())
            .put(
                "identifiers",
                Json.array(key.key().furtherIdentifiers(), id -> Json.text(id.hex())));
    key.notAfter().ifPresent(end -> out.put("notAfter", Instants.text(end)));
    return out.put("state", Members.word(key.state())).build();
  }

  private static SortedMap<String, TrustedKey> keys(Members trust) throws JsonException {
    SortedMap<String, TrustedKey> keys = new TreeMap<>();
    for (Members in : trust.objects("keys")) {
      String id = in.text("id");
      String person = in.text("person");
      String algorithm = in.text("algorithm");
      Bytes spki = hex(in, "spki", in.text("spki"));
      List<Bytes> identifiers = new ArrayList<>();
      for (String text : in.texts("identifiers")) {
        identifiers.add(hex(in, "identifiers", text));
      }
      var notAfter = Instants.optional(in, "notAfter");
      TrustedKey.State state = in.word("state", TrustedKey.State.class);
      in.end();
      PinnedKey pinned;
      try {
        pinned = PinnedKey.of(spki, identifiers);
      } catch (KeyException e) {
        throw in.refuse("spki", String.valueOf(e.getMessage()));
      }
      if (!pinned.keyId().equals(id)) {
        throw in.refuse("id", "not the digest of the key");
      }
      if (!pinned.algorithm().word().equals(algorithm)) {
        throw in.refuse("algorithm", "the key is one of " + pinned.algorithm().word());
      }
      if (!PERSON.matcher(person).matches()) {
        throw in.refuse("person", "a person is called by 1 to 64 letters, digits and . _ @ + -");
      }
      if (keys.size() == KEYS) {
        throw trust.refuse("keys", "more than " + KEYS);
      }
      if (keys.put(id, new TrustedKey(pinned, person, notAfter, state)) != null) {
        throw in.refuse("id", "twice");
      }
    }
    return keys;
  }

  private static Json role(Role role) {
    return Json.object()
        .put("threshold", role.threshold())
        .put("postQuantum", role.postQuantum())
        .put("keys", Json.texts(role.keys()))
        .build();
  }

  private static Map<Role.Name, Role> roles(Members roles) throws JsonException {
    Map<Role.Name, Role> read = new EnumMap<>(Role.Name.class);
    for (Role.Name name : Role.Name.values()) {
      if (roles.has(Members.word(name))) {
        Members in = roles.object(Members.word(name));
        Role role = new Role(in.integer("threshold"), in.integer("postQuantum"), in.texts("keys"));
        if (!role.keys().equals(List.copyOf(new TreeSet<>(role.keys())))) {
          throw in.refuse("keys", "not sorted, or one twice");
        }
        in.end();
        read.put(name, role);
      }
    }
    roles.end();
    return read;
  }

  private static SortedMap<String, Floor> floors(Members trust) throws JsonException {
    SortedMap<String, Floor> floors = new TreeMap<>();
    for (Members in : trust.objects("floors")) {
      Floor floor = new Floor(in.text("policySet"), in.number("minVersion"), in.number("minEpoch"));
      in.end();
      if (floor.minVersion() < 0 || floor.minEpoch() < 0) {
        throw in.refuse("minVersion", "a floor is not negative");
      }
      if (floors.put(floor.policySet(), floor) != null) {
        throw in.refuse("policySet", "twice");
      }
    }
    return floors;
  }

  private static Bytes hex(Members in, String name, String text) throws JsonException {
    try {
      Bytes bytes = Bytes.ofHex(text);
      if (bytes.hex().equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw in.refuse(name, "expected lower-case hexadecimal digits");
  }
}
