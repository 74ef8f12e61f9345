package dev.postern.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.checker.MapClaim;
import dev.postern.model.Bytes;
import dev.postern.verifier.evidence.Claim;
import dev.postern.verifier.evidence.DeepAudit;
import dev.postern.verifier.evidence.Opinion;
import dev.postern.verifier.evidence.Peer;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The solvers themselves: that they see what is true and what is not, and say when they do not. */
class PeersTest {

  private static final List<Peer> ALL = Peers.ALL;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static String script(String claim) {
    return """
    (set-logic QF_BV)
    (declare-const |x| (_ BitVec 64))
    (declare-const |y| (_ BitVec 64))
    (define-fun ?0 () Bool (bvult |x| |y|))
    (assert %s)
    (check-sat)
    """
        .formatted(claim);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void tellsWhatHasAModelFromWhatHasNone(Peer peer) {
    assertThat(peer.ask(script("(and ?0 (bvult |y| |x|))"), LIMIT, false))
        .isEqualTo(new Opinion.Agrees(Optional.empty()));
    assertThat(peer.ask(script("(and ?0 (= |x| #x0000000000000007))"), LIMIT, false))
        .isEqualTo(new Opinion.Disagrees());
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void whatItCannotReadItDoesNotAnswer(Peer peer) {
    assertThat(peer.ask(script("(bvfoo |x|)"), LIMIT, false)).isInstanceOf(Opinion.Abstains.class);
  }

  /** A product of two primes of 60 bits; to find them takes any of them far longer than it has. */
  @ParameterizedTest
  @FieldSource("ALL")
  void whatTakesTooLongItDoesNotAnswer(Peer peer) {
    Random random = new Random(3);
    BigInteger product =
        BigInteger.probablePrime(60, random).multiply(BigInteger.probablePrime(60, random));
    String zeros = "#x0000000000000000";
    String hard =
        script(
            "(and ?0 (not (= |x| #x0000000000000001))"
                + " (= (bvmul (concat %s |x|) (concat %s |y|)) #x%032x))"
                    .formatted(zeros, zeros, product));
    assertThat(peer.ask(hard, Duration.ofMillis(300), false)).isInstanceOf(Opinion.Abstains.class);
  }

  @Test
  void cvc5GivesTheSameProofEachTime() {
    Peer cvc5 = ALL.getFirst();
    Opinion first = cvc5.ask(script("(and ?0 (bvult |y| |x|))"), LIMIT, true);
    assertThat(first).isEqualTo(cvc5.ask(script("(and ?0 (bvult |y| |x|))"), LIMIT, true));
    assertThat(((Opinion.Agrees) first).proof())
        .get()
        .asString()
        .startsWith("(")
        .contains("(declare-const x (_ BitVec 64))", "(assume @p1 ", " false :rule ")
        .doesNotContain(":rule trust");
  }

  private static MapClaim.Ranges random(Random random, long base) {
    List<Long> bounds = new ArrayList<>();
    long key = random.nextInt(3);
    while (bounds.size() < 2 * 70) {
      bounds.add(base + key);
      key += random.nextInt(2);
      bounds.add(base + key);
      key += 1 + random.nextInt(2);
    }
    long[] first = new long[70];
    long[] last = new long[70];
    int[] classes = new int[70];
    for (int i = 0; i < 70; i++) {
      first[i] = bounds.get(2 * i);
      last[i] = bounds.get(2 * i + 1);
      classes[i] = random.nextInt(100) == 0 ? 1 : 0;
    }
    return new MapClaim.Ranges("map", first, last, classes);
  }

  private static int classAt(MapClaim.Ranges map, long key) {
    for (int i = 0; i < map.size(); i++) {
      if (Long.compareUnsigned(map.first(i), key) <= 0
          && Long.compareUnsigned(key, map.last(i)) <= 0) {
        return map.classOf(i);
      }
    }
    return -1;
  }

  private static boolean violated(MapClaim claim, long base) {
    MapClaim.Ranges left = claim.maps().getFirst();
    MapClaim.Ranges right = claim.maps().getLast();
    for (int i = 0; i < 400; i++) {
      int l = classAt(left, base + i);
      int r = classAt(right, base + i);
      if (l >= 0 && (r < 0 ? claim.absence() : claim.violates(l, r))) {
        return true;
      }
    }
    return false;
  }

  /** Random maps, each key tried by hand: both sides of 2^63, three kinds of claim. */
  @ParameterizedTest
  @FieldSource("ALL")
  void aClaimAboutMapsHasAModelWhereAKeyViolatesIt(Peer peer) throws IOException {
    Random random = new Random(5);
    int violated = 0;
    for (int round = 0; round < 30; round++) {
      long base = round % 2 == 0 ? 0x1000 : Long.MAX_VALUE - 100;
      boolean pairwise = round % 3 == 0;
      MapClaim.Ranges left = random(random, base);
      MapClaim claim =
          new MapClaim(
              "claim",
              pairwise,
              round % 3 == 1,
              List.of(left, random.nextBoolean() ? left : random(random, base)),
              pairwise
                  ? new long[] {MapClaim.pair(0, 0), MapClaim.pair(1, 1)}
                  : new long[] {MapClaim.pair(0, 0), MapClaim.pair(0, 1), MapClaim.pair(1, 0)});
      DeepAudit.Result result =
          DeepAudit.ask(
              List.of(new Claim.Maps(claim, Bytes.of())),
              List.of(peer),
              LIMIT,
              DeepAudit.Keeper.NONE);
      boolean expected = violated(claim, base);
      assertThat(!result.disagreements().isEmpty()).as("round %d", round).isEqualTo(expected);
      assertThat(result.said().getFirst().abstained()).isEmpty();
      violated += expected ? 1 : 0;
    }
    assertThat(violated).isBetween(5, 25);
  }
}
