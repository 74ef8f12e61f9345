package dev.postern.verifier.evidence;

import dev.postern.checker.Checker;
import dev.postern.checker.MapClaim;
import dev.postern.model.Bytes;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Maps;
import dev.postern.verifier.map.PairwiseWitness;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.LongStream;

/** Questions about maps and their witnesses, in the checker's terms: numbers and a table. */
final class MapClaims {

  private MapClaims() {}

  static <V, W> Claim.Maps of(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Witness witness) {
    MapClaim claim =
        new MapClaim(
            question.name(),
            false,
            question.violatedByAbsence(),
            List.of(left.claimed(c -> c), right.claimed(c -> c)),
            allowed(question, left, right));
    byte[] header = Checker.header(Checker.WITNESS, claim.digest());
    return new Claim.Maps(claim, Bytes.of(witness.steps(header)));
  }

  static <V> Claim.Maps of(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      PairwiseWitness witness) {
    Map<V, Integer> numbers = new HashMap<>();
    List<MapClaim.Ranges> ranges = new ArrayList<>();
    for (IntervalMap<V> map : maps) {
      int[] global = new int[map.classes()];
      for (int c = 0; c < global.length; c++) {
        V value = map.classValue(c);
        Integer known = numbers.putIfAbsent(value, numbers.size());
        global[c] = known == null ? numbers.size() - 1 : known;
      }
      ranges.add(map.claimed(c -> global[c]));
    }
    MapClaim claim =
        new MapClaim(name, true, false, ranges, allowed(name, maps, conflict, numbers));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Checker.header(Checker.WITNESS, claim.digest()));
    Numbers.write(out, witness.size());
    for (int i = 0; i < witness.size(); i++) {
      Numbers.write(out, witness.step(i));
    }
    return new Claim.Maps(claim, Bytes.of(out.toByteArray()));
  }

  /**
   * The pairs that share a key and do not violate. No other has to be allowed, and one that went
   * unseen here is not: where the checker meets it, it refuses.
   */
  private static <V, W> long[] allowed(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right) {
    return LongStream.of(Maps.meeting(left, right))
        .filter(pair ->
            !question.violatedBy(left.classValue((int) (pair >> 32)), right.classValue((int) pair)))
        .toArray();
  }

  /** The same of several maps: a sweep asks about just the pairs that share a key. */
  private static <V> long[] allowed(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      Map<V, Integer> numbers) {
    Set<Long> allowed = new HashSet<>();
    Maps.pairwise(
        name,
        maps,
        (V a, V b) -> {
          boolean violates = conflict.test(a, b) || conflict.test(b, a);
          if (!violates) {
            int one = Objects.requireNonNull(numbers.get(a));
            int other = Objects.requireNonNull(numbers.get(b));
            allowed.add(MapClaim.pair(Math.min(one, other), Math.max(one, other)));
          }
          return violates;
        });
    return allowed.stream().mapToLong(Long::longValue).sorted().toArray();
  }
}
