package dev.postern.verifier.evidence;

import dev.postern.checker.MapClaim;
import dev.postern.checker.MapClaim.Ranges;
import dev.postern.verifier.evidence.Peer.Encoding;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A claim about maps as SMT-LIB scripts about one unknown key, for other people's solvers. Nothing
 * is shared with sweep and checker: a range is two comparisons, and that ranges ascend only finds
 * those that meet an interval.
 *
 * <p>The keys are cut into intervals, each with {@value #RANGES} places where ranges begin, and
 * each has a script: solvers take far more than linear time for maps as a whole. The intervals
 * together hold every key from the lowest range's first on, and no key below it is in any map; a
 * violation is at a key of some map. So the claim holds exactly if no script has a model.
 */
final class MapScript {

  private static final int RANGES = 64;

  private final MapClaim claim;
  private final Encoding encoding;
  private final StringBuilder out = new StringBuilder();

  private MapScript(MapClaim claim, Encoding encoding) {
    this.claim = claim;
    this.encoding = encoding;
  }

  /** In ascending order of keys; none if the maps are empty. */
  static List<String> of(MapClaim claim, Encoding encoding) {
    // Unsigned order is signed order with the highest bit inverted.
    long[] starts =
        claim.maps().stream()
            .flatMapToLong(map -> IntStream.range(0, map.size()).mapToLong(map::first))
            .map(key -> key ^ Long.MIN_VALUE)
            .sorted()
            .distinct()
            .map(key -> key ^ Long.MIN_VALUE)
            .toArray();
    List<String> scripts = new ArrayList<>();
    for (int i = 0; i < starts.length; i += RANGES) {
      long last = i + RANGES < starts.length ? starts[i + RANGES] - 1 : -1L;
      scripts.add(new MapScript(claim, encoding).interval(starts[i], last));
    }
    return scripts;
  }

  private String interval(long first, long last) {
    boolean integers = encoding == Encoding.INTEGERS;
    out.append("(set-logic ").append(integers ? "QF_LIA" : "QF_BV").append(")\n");
    out.append("(declare-const |key| ").append(integers ? "Int" : "(_ BitVec 64)").append(")\n");
    out.append("(assert ").append(within(first, last)).append(")\n");
    List<SortedMap<Integer, String>> memberships = new ArrayList<>();
    for (int m = 0; m < claim.maps().size(); m++) {
      memberships.add(memberships(m, first, last));
    }
    String violation =
        claim.pairwise()
            ? several(memberships)
            : two(memberships.getFirst(), memberships.getLast());
    return out.append("(assert ").append(violation).append(")\n(check-sat)\n").toString();
  }

  /** Defines, for each class with a range that meets the interval, whether the key is in it. */
  private SortedMap<Integer, String> memberships(int m, long first, long last) {
    Ranges map = claim.maps().get(m);
    SortedMap<Integer, List<String>> ranges = new TreeMap<>();
    for (int i = from(map, first); i < map.size() && !above(map.first(i), last); i++) {
      ranges
          .computeIfAbsent(map.classOf(i), _ -> new ArrayList<>())
          .add(within(map.first(i), map.last(i)));
    }
    SortedMap<Integer, String> names = new TreeMap<>();
    ranges.forEach((number, tests) -> {
      String name = "|map " + m + " class " + number + "|";
      out.append("(define-fun ").append(name).append(" () Bool ").append(any(tests)).append(")\n");
      names.put(number, name);
    });
    return names;
  }

  /** The first range that does not end below {@code key}; ranges ascend in what a sweep took. */
  private static int from(Ranges map, long key) {
    int low = 0;
    int high = map.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (above(key, map.last(middle))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean above(long x, long y) {
    return Long.compareUnsigned(x, y) > 0;
  }

  private String two(SortedMap<Integer, String> left, SortedMap<Integer, String> right) {
    List<String> ways = new ArrayList<>();
    left.forEach((l, inLeft) ->
        right.forEach((r, inRight) -> {
          if (claim.violates(l, r)) {
            ways.add("(and " + inLeft + " " + inRight + ")");
          }
        }));
    if (claim.absence() && !left.isEmpty()) {
      ways.add("(and " + any(left.values()) + " (not " + any(right.values()) + "))");
    }
    return any(ways);
  }

  private String several(List<SortedMap<Integer, String>> maps) {
    List<String> ways = new ArrayList<>();
    for (int m = 0; m < maps.size(); m++) {
      for (int n = m + 1; n < maps.size(); n++) {
        for (var one : maps.get(m).entrySet()) {
          for (var other : maps.get(n).entrySet()) {
            if (claim.violates(one.getKey(), other.getKey())) {
              ways.add("(and " + one.getValue() + " " + other.getValue() + ")");
            }
          }
        }
      }
    }
    return any(ways);
  }

  private static String any(Iterable<String> ways) {
    StringJoiner all = new StringJoiner(" ");
    int count = 0;
    for (String way : ways) {
      all.add(way);
      count++;
    }
    return count == 0 ? "false" : count == 1 ? all.toString() : "(or " + all + ")";
  }

  private String within(long first, long last) {
    String atMost = encoding == Encoding.INTEGERS ? "<=" : "bvule";
    return "(and (%s %s |key|) (%s |key| %s))"
        .formatted(atMost, number(first), atMost, number(last));
  }

  private String number(long key) {
    return encoding == Encoding.INTEGERS ? Long.toUnsignedString(key) : "#x%016x".formatted(key);
  }
}
