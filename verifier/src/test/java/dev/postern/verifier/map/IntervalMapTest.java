package dev.postern.verifier.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class IntervalMapTest {

  @Test
  void mergesNeighboursAndKeepsTheLastKey() {
    IntervalMap<String> map =
        IntervalMap.<String>builder()
            .add(0xfffffffffffff000L, -1, "r")
            .add(8, 9, "rw")
            .add(4, 7, "rw")
            .addCount(0xffffffffffffe000L, 0x1000, "r")
            .build()
            .orThrow();
    assertThat(map.ranges())
        .containsExactly(new Range<>(4, 9, "rw"), new Range<>(0xffffffffffffe000L, -1, "r"));
    assertThat(map.at(-1)).contains(new Range<>(0xffffffffffffe000L, -1, "r"));
    assertThat(map.at(3)).isEmpty();
    assertThat(map.at(10)).isEmpty();
  }

  @Test
  void reportsTheFirstOverlap() {
    Built<String> built =
        IntervalMap.<String>builder()
            .add(20, 30, "c")
            .add(25, 40, "d")
            .add(0, 9, "a")
            .add(9, 12, "b")
            .build();
    assertThat(built)
        .isEqualTo(new Built.Overlap<>(new Range<>(0, 9, "a"), new Range<>(9, 12, "b")));
    assertThatThrownBy(built::orThrow).hasMessageContaining("[0, 9] -> a and [9, c] -> b");
  }

  @Test
  void refusesTextThatDoesNotTellValuesApart() {
    IntervalMap.Builder<List<String>> builder = IntervalMap.builder(list -> "x");
    builder.add(0, 1, List.of("a")).add(2, 3, List.of("b"));
    assertThatThrownBy(builder::build)
        .hasMessage("two unequal values have the canonical text \"x\"");
  }

  @Test
  void refusesEmptyRanges() {
    assertThatThrownBy(() -> IntervalMap.<String>builder().add(-1, 0, "a"))
        .hasMessage("empty range ffffffffffffffff..0");
  }

  @Test
  void digestIsPublished() {
    IntervalMap<String> map =
        IntervalMap.<String>builder().add(1, 2, "rw").add(5, 6, "r").build().orThrow();
    // Python's hashlib over the bytes that MapDigest documents: one block in one chunk
    assertThat(map.digest().hex())
        .isEqualTo("fcc7a89bb8e4e8b6cdb94f09712a61be6bb468517cb7e11d5d3bf68e52036942");
  }

  @Property
  void orderOfAdditionDoesNotMatter(@ForAll long seed) {
    Random random = new Random(seed);
    List<Range<String>> ranges = new ArrayList<>();
    for (int k = 0; k < 400; k += 1 + random.nextInt(6)) {
      int last = k + random.nextInt(3);
      ranges.add(new Range<>(k, last, "v" + random.nextInt(3)));
      k = last;
    }
    IntervalMap<String> sorted = build(ranges);
    Collections.shuffle(ranges, random);
    IntervalMap<String> shuffled = build(ranges);
    assertThat(shuffled).isEqualTo(sorted);
    assertThat(shuffled.digest()).isEqualTo(sorted.digest());
    for (Range<String> range : ranges) {
      assertThat(sorted.at(range.last()).map(Range::value)).contains(range.value());
    }
    assertThat(sorted.where("v1"::equals).ranges())
        .isEqualTo(sorted.ranges().stream().filter(r -> r.value().equals("v1")).toList());
    assertThat(sorted.mapValues(v -> 0, String::valueOf).at(ranges.getFirst().first())).isPresent();
  }

  private static IntervalMap<String> build(List<Range<String>> ranges) {
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    ranges.forEach(r -> builder.add(r.first(), r.last(), r.value()));
    return builder.build().orThrow();
  }

  @Property
  void joiningEqualsJoiningEachKey(@ForAll long seed) {
    Random random = new Random(seed);
    long base = random.nextBoolean() ? -40 : 0;
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    String[] expected = new String[40];
    for (int n = random.nextInt(12); n > 0; n--) {
      int first = random.nextInt(40);
      int last = Math.min(39, first + random.nextInt(12));
      String value = String.valueOf((char) ('a' + random.nextInt(3)));
      builder.add(base + first, base + last, value);
      for (int k = first; k <= last; k++) {
        expected[k] = expected[k] == null ? value : expected[k] + value;
      }
    }
    IntervalMap<String> map = builder.buildJoining(String::concat);
    for (int k = 0; k < 40; k++) {
      assertThat(map.at(base + k).map(Range::value)).isEqualTo(Optional.ofNullable(expected[k]));
    }
    for (int i = 1; i < map.size(); i++) {
      boolean touching = map.last(i - 1) + 1 == map.first(i);
      assertThat(touching && map.classOf(i) == map.classOf(i - 1)).isFalse();
    }
  }
}
