package dev.postern.verifier.evidence;

import dev.postern.checker.Checker;
import dev.postern.checker.MapClaim;
import dev.postern.model.Bytes;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.PairwiseWitness;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.IntUnaryOperator;

/** Questions about maps and their witnesses, in the checker's terms: numbers and a table. */
final class MapClaims {

  private MapClaims() {}

  static <V, W> Claim of(
      Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Witness witness) {
    MapClaim claim =
        new MapClaim(
            question.name(),
            false,
            question.violatedByAbsence(),
            List.of(ranges(left, c -> c), ranges(right, c -> c)),
            left.classes(),
            right.classes(),
            (l, r) -> question.violatedBy(left.classValue(l), right.classValue(r)));
    ByteArrayOutputStream out = header(claim);
    int before = 0;
    for (int i = 0; i < witness.size(); i++) {
      Numbers.write(out, witness.start(i) - before);
      before = witness.start(i);
    }
    return new Claim.Maps(claim, Bytes.of(out.toByteArray()));
  }

  static <V> Claim of(
      String name,
      List<IntervalMap<V>> maps,
      BiPredicate<? super V, ? super V> conflict,
      PairwiseWitness witness) {
    List<V> values = new ArrayList<>();
    Map<V, Integer> numbers = new HashMap<>();
    List<MapClaim.Ranges> ranges = new ArrayList<>();
    for (IntervalMap<V> map : maps) {
      int[] global = new int[map.classes()];
      for (int c = 0; c < global.length; c++) {
        V value = map.classValue(c);
        Integer known = numbers.putIfAbsent(value, values.size());
        global[c] = known == null ? values.size() : known;
        if (known == null) {
          values.add(value);
        }
      }
      ranges.add(ranges(map, c -> global[c]));
    }
    MapClaim claim =
        new MapClaim(
            name,
            true,
            false,
            ranges,
            values.size(),
            values.size(),
            (a, b) -> conflict.test(values.get(a), values.get(b)));
    ByteArrayOutputStream out = header(claim);
    Numbers.write(out, witness.size());
    for (int i = 0; i < witness.size(); i++) {
      Numbers.write(out, witness.step(i));
    }
    return new Claim.Maps(claim, Bytes.of(out.toByteArray()));
  }

  private static ByteArrayOutputStream header(MapClaim claim) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Checker.header(Checker.WITNESS, claim.digest()));
    return out;
  }

  private static MapClaim.Ranges ranges(IntervalMap<?> map, IntUnaryOperator number) {
    long[] first = new long[map.size()];
    long[] last = new long[map.size()];
    int[] classOf = new int[map.size()];
    for (int i = 0; i < first.length; i++) {
      first[i] = map.first(i);
      last[i] = map.last(i);
      classOf[i] = number.applyAsInt(map.classOf(i));
    }
    return new MapClaim.Ranges(map.digest().hex(), first, last, classOf);
  }
}
