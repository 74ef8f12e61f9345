package dev.postern.signer.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.signer.Samples;
import dev.postern.signer.check.Reason;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.check.TrustChecker;
import dev.postern.signer.check.TrustUpdate;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.OperatorKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** One version of a trust to the next: by both roots, in order, and to one that is fresh. */
class TrustCheckerTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Instant FRESH = Instant.parse("2027-01-01T00:00:00Z");
  private static final Instant STALE = Instant.parse("2026-03-01T00:00:00Z");
  private static final OperatorKey OLD = key("old", Algorithm.ECDSA_P384);
  private static final OperatorKey NEW = key("new", Algorithm.ECDSA_P384);
  private static final OperatorKey QUANTUM = key("quantum", Algorithm.SLH_DSA_SHA2_192S);

  private static final Trust ONE = trust(1, FRESH, 1, OLD);

  @Test
  void bothRootsSign() throws Exception {
    Trust two = trust(2, FRESH, 1, NEW);
    assertThat(update(ONE, link(two, OLD, NEW))).isEqualTo(two);
    assertThat(reasons(ONE, link(two, OLD))).containsExactly(Reason.ROLE, Reason.THRESHOLD);
    assertThat(reasons(ONE, link(two, NEW))).containsExactly(Reason.ROLE, Reason.THRESHOLD);
    assertThat(reasons(ONE, link(two))).containsExactly(Reason.UNSIGNED);
    assertThat(reasons(ONE, link(two, OLD, NEW, Samples.MALLORY)))
        .containsExactly(Reason.SIGNER_UNKNOWN);
  }

  @Test
  void aRootThatOutlivesQuantumComputers() throws Exception {
    Trust two = trust(2, FRESH, 1, QUANTUM);
    Trust three = trust(3, FRESH, 1, NEW);
    assertThat(update(ONE, link(two, OLD, QUANTUM), link(three, QUANTUM, NEW))).isEqualTo(three);
  }

  @Test
  void severalVersionsAtOnceOverAnExpiredOne() throws Exception {
    Trust two = trust(2, STALE, 1, NEW);
    Trust three = trust(3, FRESH, 1, NEW);
    assertThat(update(ONE, link(two, OLD, NEW), link(three, NEW))).isEqualTo(three);
    assertThat(reasons(ONE, link(two, OLD, NEW))).containsExactly(Reason.TRUST_EXPIRED);
    assertThat(update(three, link(two, OLD, NEW), link(three, NEW))).isEqualTo(three);
    assertThat(reasons(ONE, link(three, OLD, NEW)))
        .as("a version left out")
        .contains(Reason.TRUST_CHAIN);
  }

  @Test
  void anotherTrustOfTheSameVersion() throws Exception {
    assertThat(reasons(trust(2, FRESH, 1, NEW), link(trust(2, FRESH, 1, OLD), OLD, NEW)))
        .containsExactly(Reason.TRUST_CHAIN);
  }

  @Test
  void thresholdsCountPersons() throws Exception {
    OperatorKey again = key("old", Algorithm.ML_DSA_65);
    Trust both = trust(1, FRESH, 2, OLD, again, NEW);
    Trust next = trust(2, FRESH, 2, OLD, again, NEW);
    assertThat(reasons(both, link(next, OLD, again))).containsExactly(Reason.THRESHOLD);
    assertThat(update(both, link(next, again, NEW))).isEqualTo(next);
  }

  @Test
  void aRevokedRootSignsNothing() throws Exception {
    Trust two = trust(2, FRESH, 1, NEW, OLD);
    SortedMap<String, TrustedKey> keys = new TreeMap<>(two.keys());
    keys.put(
        OLD.keyId(),
        new TrustedKey(OLD.pinned(), "old", Optional.empty(), TrustedKey.State.REVOKED));
    Trust revoking = with(two, keys, 0);
    assertThat(update(ONE, link(revoking, OLD, NEW))).isEqualTo(revoking);
    Trust three = with(trust(3, FRESH, 1, NEW, OLD), keys, 0);
    assertThat(reasons(revoking, link(three, OLD)))
        .containsExactly(Reason.KEY_REVOKED, Reason.THRESHOLD);
  }

  @Test
  void theRatchetDoesNotGoBack() throws Exception {
    Trust before = with(ONE, ONE.keys(), 3);
    Trust back = with(trust(2, FRESH, 1, OLD), ONE.keys(), 2);
    assertThat(reasons(before, link(back, OLD))).containsExactly(Reason.TRUST_CHAIN);
    Trust on = with(trust(2, FRESH, 1, OLD), ONE.keys(), 4);
    assertThat(update(before, link(on, OLD)).ratchetEpoch()).isEqualTo(4);
  }

  @Test
  void aBundlesSignatureIsNoTrusts() throws Exception {
    Trust two = trust(2, FRESH, 1, OLD);
    byte[] wrong = CmsSigner.sign(two.write(), ContentType.MANIFEST, OLD, false);
    TrustChain.Link link =
        new TrustChain.Link(
            Bytes.of(two.write()), new TreeMap<>(Map.of(OLD.keyId(), Bytes.of(wrong))));
    assertThat(reasons(ONE, Map.entry(2L, link))).containsExactly(Reason.SIGNATURE_PROFILE);
  }

  @Test
  void whatAHostGoesByThatIsHandedATrust() throws Exception {
    Optional<Trust> here = Optional.of(trust(2, FRESH, 1, OLD));
    Trust three = trust(3, FRESH, 1, OLD);
    byte[] chain = chain(link(three, OLD));
    assertThat(follow(Optional.empty(), ONE.write())).as("the first").isEqualTo(ONE);
    assertThat(follow(here, here.get().write())).as("the same").isEqualTo(here.get());
    assertThat(follow(here, chain)).as("by its chain").isEqualTo(three);
    assertThat(follow(here, ONE.write())).as("back").isEqualTo(List.of(Reason.TRUST_ROLLBACK));
    assertThat(follow(here, trust(2, FRESH, 1, NEW).write()))
        .as("another of the same version")
        .isEqualTo(List.of(Reason.TRUST_CHAIN));
    assertThat(follow(here, three.write()))
        .as("without its chain")
        .isEqualTo(List.of(Reason.TRUST_CHAIN));
    assertThat(follow(Optional.empty(), chain))
        .as("a chain from nowhere")
        .isEqualTo(List.of(Reason.TRUST_MISSING));
    assertThat(follow(Optional.empty(), trust(1, STALE, 1, OLD).write()))
        .isEqualTo(List.of(Reason.TRUST_EXPIRED));
    assertThat(follow(here, "{}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(List.of(Reason.TRUST_MALFORMED));
    assertThat(follow(here, new byte[0])).isEqualTo(List.of(Reason.ARCHIVE_MALFORMED));
  }

  /**
   * Threshold keys stolen: the thief's trust stands, and nothing signed by the true root follows.
   */
  @Test
  void aNewRootBeginsInALaterEpoch() throws Exception {
    Optional<Trust> stolen = Optional.of(trust(40, FRESH, 1, Samples.MALLORY));
    Trust same = trust(1, FRESH, 1, NEW);
    assertThat(answer(TrustChecker.replace(stolen, same.write(), NOW)))
        .isEqualTo(List.of(Reason.TRUST_ROLLBACK));
    Trust later = with(same, same.keys(), 1);
    assertThat(answer(TrustChecker.replace(stolen, later.write(), NOW))).isEqualTo(later);
    assertThat(answer(TrustChecker.replace(Optional.empty(), same.write(), NOW))).isEqualTo(same);
    Trust stale = with(trust(1, STALE, 1, NEW), same.keys(), 1);
    assertThat(answer(TrustChecker.replace(stolen, stale.write(), NOW)))
        .isEqualTo(List.of(Reason.TRUST_EXPIRED));
    assertThat(answer(TrustChecker.replace(stolen, new byte[] {'{'}, NOW)))
        .isEqualTo(List.of(Reason.TRUST_MALFORMED));
  }

  @Test
  void whatIsNoTrust() {
    String good = new String(ONE.write(), StandardCharsets.UTF_8);
    Map<String, UnaryOperator<String>> defects = new TreeMap<>();
    defects.put(
        "unknown member", t -> t.replace("\"trustVersion\"", "\"x\": 1,\n  \"trustVersion\""));
    defects.put("other spelling", t -> t.replace("  \"trustVersion\"", " \"trustVersion\""));
    defects.put("threshold 0", t -> t.replace("\"threshold\": 1", "\"threshold\": 0"));
    defects.put(
        "threshold out of reach", t -> t.replaceFirst("\"threshold\": 1", "\"threshold\": 2"));
    defects.put(
        "post-quantum out of reach",
        t -> t.replaceFirst("\"postQuantum\": 0", "\"postQuantum\": 1"));
    defects.put("no root", t -> t.replace("\"root\"", "\"ci\""));
    defects.put("unknown role", t -> t.replace("\"root\"", "\"boss\""));
    defects.put("another algorithm", t -> t.replace("ecdsa-p384", "ml-dsa-65"));
    defects.put(
        "another key",
        t ->
            Pattern.compile("(\"spki\": \"[0-9a-f]{239})([0-9a-f])")
                .matcher(t)
                .replaceFirst(m -> m.group(1) + (m.group(2).equals("0") ? "1" : "0")));
    defects.put("version 0", t -> t.replace("\"trustVersion\": 1", "\"trustVersion\": 0"));
    defects.put(
        "negative skew", t -> t.replace("\"clockSkewSeconds\": 300", "\"clockSkewSeconds\": -1"));
    defects.put(
        "revoked no bundle",
        t -> t.replace("\"revokedBundles\": []", "\"revokedBundles\": [\n    \"x\"\n  ]"));
    defects.put(
        "a person unseen", t -> t.replace("\"person\": \"old\"", "\"person\": \"\\u202eold\""));
    defects.put("no expiry", t -> t.replaceFirst("  \"expires\": [^\n]*\n", ""));
    defects.put("only key revoked", t -> t.replace("\"active\"", "\"revoked\""));
    defects.put("no JSON", t -> "{");
    defects.forEach((name, change) -> {
      String bad = change.apply(good);
      assertThat(bad).as(name).isNotEqualTo(good);
      assertThatThrownBy(() -> Trust.read(bad.getBytes(StandardCharsets.UTF_8)))
          .as(name)
          .isInstanceOf(JsonException.class);
    });
  }

  @Test
  void writtenAndReadBack() throws Exception {
    assertThat(Trust.read(ONE.write())).isEqualTo(ONE);
  }

  private static Trust trust(long version, Instant expires, int threshold, OperatorKey... roots) {
    Trust sample = Samples.trust(roots);
    Role role = new Role(threshold, 0, List.copyOf(sample.keys().keySet()));
    return new Trust(
        version,
        Optional.of(expires),
        0,
        Optional.empty(),
        300,
        Map.of(Role.Name.ROOT, role, Role.Name.OPERATOR, role),
        sample.keys(),
        new TreeSet<>(),
        new TreeMap<>(),
        new TreeSet<>());
  }

  private static Trust with(Trust t, SortedMap<String, TrustedKey> keys, long ratchetEpoch) {
    return new Trust(
        t.version(),
        t.expires(),
        ratchetEpoch,
        t.maxBundleDays(),
        t.clockSkewSeconds(),
        t.roles(),
        keys,
        t.waivers(),
        t.floors(),
        t.revokedBundles());
  }

  private static Map.Entry<Long, TrustChain.Link> link(Trust trust, OperatorKey... signers)
      throws Exception {
    byte[] bytes = trust.write();
    SortedMap<String, Bytes> signatures = new TreeMap<>();
    for (OperatorKey signer : signers) {
      signatures.put(
          signer.keyId(), Bytes.of(CmsSigner.sign(bytes, ContentType.TRUST, signer, false)));
    }
    return Map.entry(trust.version(), new TrustChain.Link(Bytes.of(bytes), signatures));
  }

  @SafeVarargs
  private static TrustUpdate answer(Trust from, Map.Entry<Long, TrustChain.Link>... links) {
    return TrustChecker.update(from, chain(links), NOW);
  }

  @SafeVarargs
  private static byte[] chain(Map.Entry<Long, TrustChain.Link>... links) {
    SortedMap<Long, TrustChain.Link> chain = new TreeMap<>();
    for (Map.Entry<Long, TrustChain.Link> link : links) {
      chain.put(link.getKey(), link.getValue());
    }
    return new TrustChain(chain).bytes();
  }

  private static Object follow(Optional<Trust> current, byte[] given) {
    return answer(TrustChecker.follow(current, given, NOW));
  }

  /** The trust, or the reasons against. */
  private static Object answer(TrustUpdate update) {
    return switch (update) {
      case TrustUpdate.Updated(Trust trust) -> trust;
      case TrustUpdate.Refused(var refusals) -> refusals.stream().map(Refusal::reason).toList();
    };
  }

  @SafeVarargs
  private static Trust update(Trust from, Map.Entry<Long, TrustChain.Link>... links) {
    return switch (answer(from, links)) {
      case TrustUpdate.Updated(Trust trust) -> trust;
      case TrustUpdate.Refused(var refusals) -> throw new AssertionError(refusals.toString());
    };
  }

  @SafeVarargs
  private static List<Reason> reasons(Trust from, Map.Entry<Long, TrustChain.Link>... links) {
    return switch (answer(from, links)) {
      case TrustUpdate.Updated _ -> List.of();
      case TrustUpdate.Refused(var refusals) -> refusals.stream().map(Refusal::reason).toList();
    };
  }

  private static OperatorKey key(String name, Algorithm algorithm) {
    return OperatorKey.generate(name, algorithm, Samples.FROM, Samples.UNTIL);
  }
}
