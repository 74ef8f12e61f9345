package dev.postern.verifier.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.map.WitnessChecker.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiPredicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Sweeps against the definition, key by key, over small spaces at both ends of the unsigned keys.
 */
class SweepTest {

  private static final int KEYS = 48;

  /** Puts key 0 of the small space at {@code base}: 0, the sign bit's neighbourhood, or the top. */
  private static final long[] BASES = {0, Long.MIN_VALUE - KEYS / 2, -KEYS};

  @Property(tries = 4000)
  void twoMapsAgreeWithEachKey(@ForAll long seed, @ForAll @IntRange(max = 2) int base) {
    Random random = new Random(seed);
    IntervalMap<Integer> left = randomMap(random, BASES[base]);
    IntervalMap<Integer> right = randomMap(random, BASES[base]);
    BiPredicate<Integer, Integer> predicate = randomPredicate(random);
    for (Question<Integer, Integer> question :
        List.of(
            new Question.Inclusion<>("q", predicate), new Question.Exclusion<>("q", predicate))) {
      Optional<Long> expected = firstViolatingKey(question, left, right, BASES[base]);
      switch (Maps.decide(question, left, right)) {
        case Outcome.Holds<Integer, Integer>(Witness witness) -> {
          assertThat(expected).isEmpty();
          assertThat(WitnessChecker.check(question, left, right, witness))
              .isEqualTo(new Check.Accepted());
        }
        case Outcome.Violated<Integer, Integer>(Violation<Integer, Integer> violation) -> {
          assertThat(expected).contains(violation.key());
          assertThat(left.at(violation.key())).contains(violation.left());
          assertThat(right.at(violation.key())).isEqualTo(violation.right());
          rejectsEveryStart(question, left, right);
        }
      }
    }
  }

  /** No witness whatever makes the checker accept a violated question; here, all uniform ones. */
  private static void rejectsEveryStart(
      Question<Integer, Integer> question, IntervalMap<Integer> left, IntervalMap<Integer> right) {
    int[] starts = new int[left.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = right.indexAtOrAfter(left.first(i));
    }
    for (int shift = -1; shift <= 1; shift++) {
      int[] shifted = starts.clone();
      for (int i = 0; i < shifted.length; i++) {
        shifted[i] += shift;
      }
      Witness witness = new Witness(question.name(), left.digest(), right.digest(), shifted);
      assertThat(WitnessChecker.check(question, left, right, witness))
          .isInstanceOf(Check.Rejected.class);
    }
  }

  @Property(tries = 2000)
  void pairwiseAgreesWithEachKey(@ForAll long seed, @ForAll @IntRange(max = 2) int base) {
    Random random = new Random(seed);
    List<IntervalMap<Integer>> maps = new ArrayList<>();
    for (int m = random.nextInt(6); m > 0; m--) {
      maps.add(randomMap(random, BASES[base]));
    }
    int rare = random.nextInt(12);
    BiPredicate<Integer, Integer> conflict = (a, b) -> (7 * a + 3 * b + rare) % 13 == 0;
    Optional<Long> expected = Optional.empty();
    for (int k = 0; k < KEYS && expected.isEmpty(); k++) {
      if (conflictAt(maps, BASES[base] + k, conflict)) {
        expected = Optional.of(BASES[base] + k);
      }
    }
    switch (Maps.pairwise("q", maps, conflict)) {
      case PairwiseOutcome.Holds<Integer>(PairwiseWitness witness) -> {
        assertThat(expected).isEmpty();
        assertThat(WitnessChecker.check("q", maps, conflict, witness))
            .isEqualTo(new Check.Accepted());
        boolean sharing = shareAKey(maps, BASES[base]);
        assertThat(WitnessChecker.check("q", maps, (a, b) -> true, witness))
            .isInstanceOf(sharing ? Check.Rejected.class : Check.Accepted.class);
      }
      case PairwiseOutcome.Violated<Integer> violated -> {
        assertThat(expected).contains(violated.key());
        assertThat(maps.get(violated.leftMap()).at(violated.key())).contains(violated.left());
        assertThat(maps.get(violated.rightMap()).at(violated.key())).contains(violated.right());
        int a = violated.left().value();
        int b = violated.right().value();
        assertThat(conflict.test(a, b) || conflict.test(b, a)).isTrue();
        assertThat(violated.leftMap()).isLessThan(violated.rightMap());
      }
    }
  }

  private static boolean shareAKey(List<IntervalMap<Integer>> maps, long base) {
    for (int k = 0; k < KEYS; k++) {
      if (conflictAt(maps, base + k, (a, b) -> true)) {
        return true;
      }
    }
    return false;
  }

  private static boolean conflictAt(
      List<IntervalMap<Integer>> maps, long key, BiPredicate<Integer, Integer> conflict) {
    for (int i = 0; i < maps.size(); i++) {
      for (int j = 0; j < maps.size(); j++) {
        Optional<Range<Integer>> a = maps.get(i).at(key);
        Optional<Range<Integer>> b = maps.get(j).at(key);
        if (i != j
            && a.isPresent()
            && b.isPresent()
            && conflict.test(a.get().value(), b.get().value())) {
          return true;
        }
      }
    }
    return false;
  }

  private static Optional<Long> firstViolatingKey(
      Question<Integer, Integer> question,
      IntervalMap<Integer> left,
      IntervalMap<Integer> right,
      long base) {
    for (int k = 0; k < KEYS; k++) {
      Optional<Range<Integer>> l = left.at(base + k);
      Optional<Range<Integer>> r = right.at(base + k);
      if (l.isPresent()
          && (r.isPresent()
              ? question.violatedBy(l.get().value(), r.get().value())
              : question.violatedByAbsence())) {
        return Optional.of(base + k);
      }
    }
    return Optional.empty();
  }

  /** Dense or sparse, with up to five values; often covers everything, so inclusions do hold. */
  private static IntervalMap<Integer> randomMap(Random random, long base) {
    IntervalMap.Builder<Integer> builder = IntervalMap.builder();
    int gaps = random.nextInt(4);
    int k = gaps == 0 ? 0 : random.nextInt(KEYS);
    while (k < KEYS) {
      int length = Math.min(1 + random.nextInt(9), KEYS - k);
      builder.addCount(base + k, length, random.nextInt(5));
      k += length + (gaps == 0 ? 0 : random.nextInt(3 * gaps));
    }
    return builder.build().orThrow();
  }

  private static BiPredicate<Integer, Integer> randomPredicate(Random random) {
    long table = random.nextLong();
    return switch (random.nextInt(3)) {
      case 0 -> (a, b) -> true;
      case 1 -> (a, b) -> (table >> (5 * a + b) & 1) == 1;
      default -> (a, b) -> (7 * a + 3 * b + (table & 7)) % 13 != 0;
    };
  }

  @Test
  void refusesWitnessesOfOtherThings() {
    IntervalMap<String> map = IntervalMap.<String>builder().add(1, 9, "rw").build().orThrow();
    IntervalMap<String> other = IntervalMap.<String>builder().add(1, 9, "r").build().orThrow();
    Question<String, String> question = new Question.Inclusion<>("same", String::equals);
    Witness good = new Witness("same", map.digest(), map.digest(), new int[] {0});
    assertThat(WitnessChecker.check(question, map, map, good)).isEqualTo(new Check.Accepted());
    assertThat(WitnessChecker.check(question, map, other, good))
        .isEqualTo(new Check.Rejected("names other maps"));
    assertThat(
            WitnessChecker.check(new Question.Inclusion<>("else", String::equals), map, map, good))
        .isEqualTo(new Check.Rejected("is a witness of same, not of else"));
    assertThat(
            WitnessChecker.check(
                question, map, map, new Witness("same", map.digest(), map.digest(), new int[0])))
        .isEqualTo(new Check.Rejected("speaks of 0 ranges out of 1"));
    assertThat(
            WitnessChecker.check(
                question, map, map, new Witness("same", map.digest(), map.digest(), new int[] {1})))
        .isEqualTo(new Check.Rejected("range 0: an earlier right range meets it"));
    assertThat(
            WitnessChecker.check(
                question, map, map, new Witness("same", map.digest(), map.digest(), new int[] {2})))
        .isEqualTo(new Check.Rejected("range 0: no right range has index 2"));
  }

  @Test
  void refusesAPairwiseWitnessWithAStepDroppedOrMoved() {
    IntervalMap<String> low = IntervalMap.<String>builder().add(0, 4, "w").build().orThrow();
    IntervalMap<String> high = IntervalMap.<String>builder().add(5, -1, "x").build().orThrow();
    List<IntervalMap<String>> maps = List.of(low, high);
    BiPredicate<String, String> conflict = (a, b) -> !a.equals(b);
    List<MapDigest> digests = List.of(low.digest(), high.digest());
    short[][] steps = {
      {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {0, 0}, {0, 1}, {0, 0, 1, 1}, {0, 0, 0}, {}
    };
    List<Check> checks = new ArrayList<>();
    for (short[] order : steps) {
      PairwiseWitness witness = new PairwiseWitness("q", digests, order);
      checks.add(WitnessChecker.check("q", maps, conflict, witness));
    }
    assertThat(checks)
        .containsExactly(
            new Check.Accepted(),
            new Check.Rejected("step 1: conflict at key 5"),
            new Check.Rejected("step 1: key 0 after 5"),
            new Check.Rejected("map 1: range 0 was never opened"),
            new Check.Rejected("step 1: conflict at key 5"),
            new Check.Rejected("step 3: no key follows the last one"),
            new Check.Rejected("step 2: nothing left to do in map 0"),
            new Check.Rejected("map 0: range 0 was never opened"));
  }

  @Test
  void aMillionRangesAreOneLinearPass() {
    int n = 1_000_000;
    IntervalMap.Builder<String> rw = IntervalMap.builder();
    IntervalMap.Builder<String> rx = IntervalMap.builder();
    for (int i = n - 1; i >= 0; i--) {
      rw.addCount(10L * i, 4, i % 2 == 0 ? "rw" : "r");
      rx.addCount(10L * i + 4, 3, "rx");
    }
    IntervalMap<String> left = rw.build().orThrow();
    IntervalMap<String> right = rx.build().orThrow();
    int[] asked = {0};
    Question<String, String> question =
        new Question.Exclusion<>("w-xor-x", (a, b) -> ++asked[0] > 0);
    Outcome<String, String> outcome = Maps.decide(question, left, right);
    assertThat(outcome).isInstanceOf(Outcome.Holds.class);
    assertThat(asked[0]).isZero();
    Witness witness = ((Outcome.Holds<String, String>) outcome).witness();
    assertThat(witness.size()).isEqualTo(n);
    assertThat(WitnessChecker.check(question, left, right, witness))
        .isEqualTo(new Check.Accepted());

    IntervalMap<String> all =
        IntervalMap.<String>builder().add(0, 10L * n, "granted").build().orThrow();
    Question<String, String> granted =
        new Question.Inclusion<>("granted", (a, b) -> ++asked[0] > 0);
    assertThat(Maps.decide(granted, left, all)).isInstanceOf(Outcome.Holds.class);
    assertThat(asked[0]).as("one call per pair of values").isEqualTo(2);
  }
}
