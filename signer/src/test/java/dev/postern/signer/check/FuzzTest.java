package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.bundle.Ustar;
import dev.postern.signer.cms.CmsException;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.CmsVerifier;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.trust.Floor;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustChain;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Untrusted bytes never do more than be refused. A bounded run by default; for an hour of each:
 * {@code mvn -B -Pslow -pl signer -am test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dtest.jvm.args=-Dpostern.fuzz.seconds=3600}.
 */
@Tag("slow")
class FuzzTest {

  private static final int TRIES = 20_000;
  private static final long GROWTH_BYTES = 64L << 20;
  private static final List<byte[]> WORDS =
      List.of(
          new byte[] {0x30, (byte) 0x80},
          new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
          new byte[512],
          "77777777777".getBytes(StandardCharsets.US_ASCII),
          "\"\\ud800\"".getBytes(StandardCharsets.US_ASCII),
          "[[[[[[[[".getBytes(StandardCharsets.US_ASCII),
          "-9223372036854775809".getBytes(StandardCharsets.US_ASCII),
          "1e400".getBytes(StandardCharsets.US_ASCII),
          "../".getBytes(StandardCharsets.US_ASCII));

  /** What reads bytes from outside. Returns whether they were accepted. */
  enum Target {
    BUNDLE_IS_REFUSED_OR_THE_SIGNED_ONE {
      @Override
      Set<Reason> expected() {
        return EnumSet.of(
            Reason.ARCHIVE_MALFORMED,
            Reason.MANIFEST_MISSING,
            Reason.MANIFEST_MALFORMED,
            Reason.UNSIGNED,
            Reason.SIGNATURE_PROFILE,
            Reason.SIGNATURE_INVALID,
            Reason.MEMBER_MISSING,
            Reason.DIGEST_MISMATCH);
      }

      @Override
      byte[] good() throws Exception {
        return Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
      }

      @Override
      boolean accepts(byte[] bytes) {
        return switch (BundleChecker.check(
            bytes, Samples.trust(Samples.ALICE), Occasion.at(MOMENT))) {
          case Check.Trusted _ -> true;
          case Check.Refused(List<Refusal> refusals) -> refused(refusals);
        };
      }

      @Override
      byte[] mutated(byte[] good, Random random) throws ArchiveException {
        return random.nextBoolean() ? repacked(good, random) : super.mutated(good, random);
      }
    },
    ARCHIVE_HAS_ONE_SPELLING {
      @Override
      byte[] good() {
        return Samples.unsigned().bytes();
      }

      @Override
      boolean accepts(byte[] bytes) throws ArchiveException {
        assertThat(Bundle.read(bytes).bytes()).isEqualTo(bytes);
        return false;
      }
    },
    MANIFEST_HAS_ONE_SPELLING {
      @Override
      byte[] good() {
        return Samples.unsigned().member(Bundle.MANIFEST).orElseThrow().toArray();
      }

      @Override
      boolean accepts(byte[] bytes) throws JsonException {
        Statement statement = Statement.read(bytes);
        Predicate.read(statement.predicate());
        return false; // another claim may be well-formed
      }
    },
    TRUST_HAS_ONE_SPELLING {
      @Override
      byte[] good() {
        return Samples.trust(Samples.ALICE, Samples.MALLORY).write();
      }

      @Override
      boolean accepts(byte[] bytes) throws JsonException {
        assertThat(Trust.read(bytes).write()).isEqualTo(bytes);
        return false;
      }
    },
    SIGNATURE_HAS_ONE_SPELLING {
      @Override
      byte[] good() throws Exception {
        return CmsSigner.sign(CONTENT, ContentType.MANIFEST, Samples.ALICE, false);
      }

      @Override
      boolean accepts(byte[] bytes) throws CmsException {
        CmsVerifier.verify(bytes, CONTENT, ContentType.MANIFEST, Samples.ALICE.pinned());
        return true;
      }
    },
    TRUST_CHAIN_LEADS_WHERE_ITS_ROOTS_SIGNED {
      @Override
      Set<Reason> expected() {
        return EnumSet.of(
            Reason.ARCHIVE_MALFORMED,
            Reason.TRUST_MALFORMED,
            Reason.TRUST_CHAIN,
            Reason.THRESHOLD,
            Reason.SIGNATURE_PROFILE,
            Reason.SIGNATURE_INVALID,
            Reason.SIGNER_UNKNOWN);
      }

      @Override
      byte[] good() throws Exception {
        byte[] chain = new TrustChain(LINKS).bytes();
        assertThat(TrustChecker.update(TRUSTS.getFirst(), chain, MOMENT))
            .isEqualTo(new TrustUpdate.Updated(TRUSTS.getLast()));
        return chain;
      }

      @Override
      boolean accepts(byte[] bytes) {
        return switch (TrustChecker.update(TRUSTS.getFirst(), bytes, MOMENT)) {
          case TrustUpdate.Updated(Trust trust) -> !TRUSTS.contains(trust);
          case TrustUpdate.Refused(List<Refusal> refusals) -> refused(refusals);
        };
      }

      @Override
      byte[] mutated(byte[] good, Random random) throws ArchiveException {
        return random.nextBoolean() ? repacked(good, random) : super.mutated(good, random);
      }
    },
    PINS_ARE_KEYS_OR_REFUSED {
      @Override
      byte[] good() throws Exception {
        return ("-----BEGIN CERTIFICATE-----\n"
                + java.util.Base64.getMimeEncoder()
                    .encodeToString(Samples.ALICE.certificate().getEncoded())
                + "\n-----END CERTIFICATE-----\n")
            .getBytes(StandardCharsets.US_ASCII);
      }

      @Override
      boolean accepts(byte[] bytes) throws KeyException {
        PinnedKeys.read(List.of(bytes));
        return false; // another name in the certificate is no harm
      }
    };

    private static final byte[] CONTENT = "{}".getBytes(StandardCharsets.UTF_8);

    /** Which reasons were given: what was not reached was not tried. */
    final Set<Reason> reached = EnumSet.noneOf(Reason.class);

    boolean refused(List<Refusal> refusals) {
      refusals.forEach(refusal -> reached.add(refusal.reason()));
      return false;
    }

    /** Versions 1 to 4 of a trust whose two roots sign together; the third has expired. */
    private static final List<Trust> TRUSTS = trusts();

    private static final SortedMap<Long, TrustChain.Link> LINKS = links();
    private static final Instant MOMENT = Instant.parse("2026-06-01T00:00:00Z");

    abstract byte[] good() throws Exception;

    /** What any run of some length refuses for. */
    Set<Reason> expected() {
      return Set.of();
    }

    /** Something that is not quite {@code good}. */
    byte[] mutated(byte[] good, Random random) throws ArchiveException {
      return FuzzTest.mutated(good, random);
    }

    abstract boolean accepts(byte[] bytes) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void nothingButRefusals(Target target) throws Exception {
    long seed = Long.getLong("postern.fuzz.seed", new Random().nextLong());
    System.out.println("fuzz " + target + " seed " + seed);
    Random random = new Random(seed);
    byte[] good = target.good();
    long seconds = Long.getLong("postern.fuzz.seconds", 0);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    long before = used();
    // Archives are large, and most of what is done to them is seen by their digests.
    int tries = good.length > 10_000 ? TRIES / 10 : TRIES;
    long done = 0;
    for (int i = 0; seconds > 0 ? System.nanoTime() < end : i < tries; i++) {
      byte[] bad = target.mutated(good, random);
      try {
        done++;
        boolean accepted = target.accepts(bad);
        assertThat(accepted && !Arrays.equals(bad, good))
            .as("%s accepts other bytes, seed %d try %d", target, seed, i)
            .isFalse();
      } catch (JsonException | ArchiveException | CmsException | KeyException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    System.out.println("fuzz " + target + ": " + done + " tries, refused for " + target.reached);
    assertThat(target.reached).containsAll(target.expected());
    assertThat(used() - before).as("memory kept").isLessThan(GROWTH_BYTES);
  }

  /** The archive is whole; one of its members is not, or has another's content or name. */
  private static byte[] repacked(byte[] good, Random random) throws ArchiveException {
    SortedMap<String, Bytes> members = new TreeMap<>(Ustar.read(good));
    List<String> names = List.copyOf(members.keySet());
    String name = names.get(random.nextInt(names.size()));
    String other = names.get(random.nextInt(names.size()));
    Bytes content = Objects.requireNonNull(members.get(name));
    switch (random.nextInt(4)) {
      case 0 -> members.put(name, Objects.requireNonNull(members.get(other)));
      case 1 -> members.remove(name);
      default -> members.put(name, Bytes.of(mutated(content.toArray(), random)));
    }
    return Ustar.write(members);
  }

  private static List<Trust> trusts() {
    Trust one = Samples.trust(Samples.ALICE, Samples.MALLORY);
    List<Trust> all = new ArrayList<>();
    Role both = new Role(2, 0, List.copyOf(one.keys().keySet()));
    for (long version = 1; version <= 4; version++) {
      all.add(
          new Trust(
              version,
              Optional.of(version == 3 ? Instant.parse("2026-02-01T00:00:00Z") : Samples.UNTIL),
              0,
              Optional.empty(),
              300,
              Map.of(Role.Name.ROOT, both, Role.Name.OPERATOR, both),
              one.keys(),
              new TreeSet<>(),
              new TreeMap<>(Map.of("fw-to-nat", new Floor("fw-to-nat", version, 0))),
              new TreeSet<>()));
    }
    return all;
  }

  private static SortedMap<Long, TrustChain.Link> links() {
    SortedMap<Long, TrustChain.Link> links = new TreeMap<>();
    for (Trust trust : trusts().subList(1, 4)) {
      SortedMap<String, Bytes> signatures = new TreeMap<>();
      for (OperatorKey root : List.of(Samples.ALICE, Samples.MALLORY)) {
        try {
          signatures.put(
              root.keyId(),
              Bytes.of(CmsSigner.sign(trust.write(), ContentType.TRUST, root, false)));
        } catch (KeyException e) {
          throw new AssertionError(e);
        }
      }
      links.put(trust.version(), new TrustChain.Link(Bytes.of(trust.write()), signatures));
    }
    return links;
  }

  private static byte[] mutated(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int n = 1 + random.nextInt(4); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes = spliced(bytes, at, 0, WORDS.get(random.nextInt(WORDS.size())));
        case 4 -> {
          int length = Math.min(random.nextInt(64), bytes.length - at);
          bytes = spliced(bytes, at, length, new byte[0]);
        }
        default -> {
          int from = random.nextInt(bytes.length);
          byte[] part =
              Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + random.nextInt(600)));
          bytes = spliced(bytes, at, 0, part);
        }
      }
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int at, int without, byte[] part) {
    byte[] result = new byte[bytes.length - without + part.length];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(part, 0, result, at, part.length);
    System.arraycopy(bytes, at + without, result, at + part.length, bytes.length - at - without);
    return result;
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
