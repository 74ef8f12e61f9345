package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.JsonException;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.cms.CmsException;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.CmsVerifier;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.statement.Predicate;
import dev.postern.signer.statement.Statement;
import dev.postern.signer.trust.Trust;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Untrusted bytes never do more than be refused. A bounded run by default; for an hour of each:
 * {@code mvn -B -Pslow -pl signer -am test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 * -DargLine="-Dpostern.fuzz.seconds=3600"}.
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
      byte[] good() throws Exception {
        return Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
      }

      @Override
      boolean accepts(byte[] bytes) {
        return BundleChecker.check(
                bytes,
                Samples.trust(Samples.ALICE),
                Occasion.at(Instant.parse("2026-06-01T00:00:00Z")))
            instanceof Check.Trusted;
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
    TRUST_CHAIN_IS_REFUSED {
      @Override
      byte[] good() {
        return Samples.unsigned().bytes();
      }

      @Override
      boolean accepts(byte[] bytes) {
        return TrustChecker.update(
                Samples.trust(Samples.ALICE), bytes, Instant.parse("2026-06-01T00:00:00Z"))
            instanceof TrustUpdate.Updated;
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

    abstract byte[] good() throws Exception;

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
    for (int i = 0; seconds > 0 ? System.nanoTime() < end : i < tries; i++) {
      byte[] bad = mutated(good, random);
      try {
        boolean accepted = target.accepts(bad);
        assertThat(accepted && !Arrays.equals(bad, good))
            .as("%s accepts other bytes, seed %d try %d", target, seed, i)
            .isFalse();
      } catch (JsonException | ArchiveException | CmsException | KeyException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(used() - before).as("memory kept").isLessThan(GROWTH_BYTES);
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
