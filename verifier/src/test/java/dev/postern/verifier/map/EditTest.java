package dev.postern.verifier.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.map.WitnessChecker.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * A map that was edited is the map built from scratch, to the chunk and the digest; and what is
 * found out about it with the help of what was known is what is found out with nothing known.
 */
class EditTest {

  /** Keys at which a chunk begins, so that maps of a few ranges have several chunks. */
  private static final long[] BEGIN =
      LongStream.iterate(0, key -> key + 1).filter(Chunk::begins).limit(40).toArray();

  /** Around this key two chunks begin with the last of all keys not far above them. */
  private static final long TOP_BEGIN =
      LongStream.iterate(-1, key -> key - 1).filter(Chunk::begins).findFirst().orElseThrow();

  /** Bounds that edits and ranges are drawn from: where chunks begin, beside that, and the ends. */
  private static long bound(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextBoolean() ? 0 : 1;
      case 1 -> random.nextBoolean() ? -1 : -2;
      case 2 -> TOP_BEGIN + random.nextInt(3) - 1;
      default -> BEGIN[random.nextInt(BEGIN.length)] + random.nextInt(3) - 1;
    };
  }

  private static Range<String> randomRange(Random random) {
    long one = bound(random);
    long other = random.nextInt(3) == 0 ? bound(random) : one + random.nextInt(3);
    boolean ascending = Long.compareUnsigned(one, other) <= 0;
    return new Range<>(ascending ? one : other, ascending ? other : one, "v" + random.nextInt(3));
  }

  private static IntervalMap<String> randomMap(Random random) {
    IntervalMap<String> map = IntervalMap.<String>builder().build().orThrow();
    for (int n = random.nextInt(40); n > 0; n--) {
      Range<String> range = randomRange(random);
      map = map.with(range.first(), range.last(), range.value());
    }
    return map;
  }

  /** The same function from a builder that has seen no chunk of it. */
  private static <V> IntervalMap<V> anew(IntervalMap<V> map) {
    IntervalMap.Builder<V> builder = IntervalMap.builder();
    map.ranges().forEach(range -> builder.add(range.first(), range.last(), range.value()));
    return builder.build().orThrow();
  }

  private static List<Integer> cuts(IntervalMap<?> map) {
    return map.chunks().stream().map(chunk -> chunk.size()).toList();
  }

  private static void isAsBuilt(IntervalMap<?> edited) {
    IntervalMap<?> built = anew(edited);
    assertThat(edited).isEqualTo(built);
    assertThat(cuts(edited)).isEqualTo(cuts(built));
    assertThat(edited.digest()).isEqualTo(built.digest());
    assertThat(edited.classes()).isEqualTo(built.classes());
    for (int i = 0; i < edited.size(); i++) {
      assertThat(edited.classOf(i)).isEqualTo(built.classOf(i));
    }
  }

  /** Edits one after the other, with what each key shall hold kept beside them. */
  @Property(tries = 400)
  void anEditedMapIsTheMapBuilt(@ForAll long seed) {
    Random random = new Random(seed);
    long[] probes = LongStream.generate(() -> bound(random)).limit(60).distinct().toArray();
    String[] expected = new String[probes.length];
    IntervalMap<String> map = IntervalMap.<String>builder().build().orThrow();
    for (int n = 0; n < 25; n++) {
      Range<String> edit = randomRange(random);
      boolean without = random.nextInt(3) == 0;
      map =
          without
              ? map.without(edit.first(), edit.last())
              : map.with(edit.first(), edit.last(), edit.value());
      for (int p = 0; p < probes.length; p++) {
        if (edit.contains(probes[p])) {
          expected[p] = without ? null : edit.value();
        }
        String held = map.at(probes[p]).map(Range::value).orElse(null);
        assertThat(held).as("key %x", probes[p]).isEqualTo(expected[p]);
      }
      isAsBuilt(map);
    }
  }

  private static final List<Question<String, String>> QUESTIONS =
      List.of(
          new Question.Inclusion<>("same", String::equals),
          new Question.Inclusion<>("covered", (a, b) -> true),
          new Question.Exclusion<>("apart", (a, b) -> true),
          new Question.Exclusion<>("v0-v1", (a, b) -> a.equals("v0") && b.equals("v1")));

  /** Both maps are edited in turn; each answer rests on what the answers before left behind. */
  @Property(tries = 300)
  void answersAboutEditedMapsAreThoseFromScratch(@ForAll long seed) {
    Random random = new Random(seed);
    IntervalMap<String> left = randomMap(random);
    IntervalMap<String> right = random.nextBoolean() ? left.with(5, 5, "v1") : randomMap(random);
    for (int n = 0; n < 15; n++) {
      Range<String> edit = randomRange(random);
      boolean without = random.nextInt(4) == 0;
      switch (random.nextInt(3)) {
        case 0 -> left = changed(left, edit, without);
        case 1 -> right = changed(right, edit, without);
        default -> {
          left = changed(left, edit, without);
          right = changed(right, edit, without);
        }
      }
      for (Question<String, String> question : QUESTIONS) {
        Outcome<String, String> outcome = Maps.decide(question, left, right);
        IntervalMap<String> newLeft = anew(left);
        IntervalMap<String> newRight = anew(right);
        assertThat(outcome).isEqualTo(Maps.decide(question, newLeft, newRight));
        if (outcome instanceof Outcome.Holds<String, String>(Witness witness)) {
          assertThat(WitnessChecker.check(question, newLeft, newRight, witness))
              .isEqualTo(new Check.Accepted());
          assertThat(witness.steps()).isEqualTo(listed(witness).steps());
        }
      }
      assertThat(Maps.meeting(left, right)).isEqualTo(pairs(left, right));
    }
  }

  private static IntervalMap<String> changed(
      IntervalMap<String> map, Range<String> edit, boolean without) {
    return without
        ? map.without(edit.first(), edit.last())
        : map.with(edit.first(), edit.last(), edit.value());
  }

  /** The same indices, written one by one. */
  private static Witness listed(Witness witness) {
    int[] starts = new int[witness.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = witness.start(i);
    }
    return new Witness(witness.question(), witness.left(), witness.right(), starts);
  }

  /** By the definition: each range against each. */
  private static long[] pairs(IntervalMap<?> left, IntervalMap<?> right) {
    List<Long> pairs = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      for (int j = 0; j < right.size(); j++) {
        if (left.range(i).contains(right.first(j)) || right.range(j).contains(left.first(i))) {
          pairs.add((long) left.classOf(i) << 32 | right.classOf(j));
        }
      }
    }
    return pairs.stream().mapToLong(Long::longValue).sorted().distinct().toArray();
  }

  /** Ranges of which no first key begins a chunk: cuts fall at the largest size alone. */
  private static IntervalMap<String> dense(int ranges, int skipped) {
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    long key = 0;
    for (int i = 0; i < ranges; i++) {
      do {
        key += 2;
      } while (Chunk.begins(key));
      if (i != skipped) {
        builder.add(key, key, i % 2 == 0 ? "a" : "b");
      }
    }
    return builder.build().orThrow();
  }

  @Test
  void aMapWhoseKeysBeginNoChunkIsCutAtTheLargestSize() {
    int ranges = 3 * Chunk.MOST + 5;
    IntervalMap<String> map = dense(ranges, -1);
    assertThat(cuts(map)).containsExactly(Chunk.MOST, Chunk.MOST, Chunk.MOST, 5);
    for (int i : new int[] {0, 1, Chunk.MOST - 1, Chunk.MOST, Chunk.MOST + 1, ranges - 1}) {
      IntervalMap<String> less = map.without(map.first(i), map.last(i));
      assertThat(less.digest()).isEqualTo(dense(ranges, i).digest());
      isAsBuilt(less);
      IntervalMap<String> back = less.with(map.first(i), map.last(i), map.value(i));
      assertThat(back.digest()).isEqualTo(map.digest());
    }
  }

  private static IntervalMap<String> many(int ranges) {
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    for (int i = 0; i < ranges; i++) {
      builder.add(16L * i, 16L * i + 7, "rw");
    }
    return builder.build().orThrow();
  }

  /** Work is counted and not timed: all chunks but those at the edit are the very same objects. */
  @Test
  void anEditLeavesAllOtherChunksAndWhatTheyMet() {
    IntervalMap<String> approved = many(200_000);
    IntervalMap<String> mapped = many(200_000);
    assertThat(mapped.chunks()).hasSizeBetween(150, 250);
    Question<String, String> question = new Question.Inclusion<>("within", String::equals);
    assertThat(Maps.decide(question, mapped, approved)).isInstanceOf(Outcome.Holds.class);
    IntervalMap<String> edited = mapped.without(16L * 100_000 + 7, 16L * 100_000 + 7);
    List<Chunk<String>> fresh = new ArrayList<>(edited.chunks());
    fresh.removeIf(chunk -> mapped.chunks().stream().anyMatch(known -> known == chunk));
    assertThat(fresh).hasSizeBetween(1, 2);
    Walk before = new Walk(mapped, approved);
    List<Meeting> known = new ArrayList<>();
    while (before.advance()) {
      known.add(before.meeting());
    }
    int swept = 0;
    Walk after = new Walk(edited, approved);
    while (after.advance()) {
      Meeting meeting = after.meeting();
      swept += known.stream().noneMatch(m -> m == meeting) ? 1 : 0;
    }
    assertThat(swept).isEqualTo(fresh.size());
    assertThat(Maps.decide(question, edited, approved)).isInstanceOf(Outcome.Holds.class);
    IntervalMap<String> wider = edited.with(16L * 100_000 + 7, 16L * 100_000 + 8, "rw");
    assertThat(Maps.decide(question, wider, approved))
        .isEqualTo(Maps.decide(question, anew(wider), anew(approved)))
        .isInstanceOf(Outcome.Violated.class);
  }

  /** What is kept for other chunks is not found, though it says the same of the left one. */
  @Test
  void whatWasFoundOfOtherChunksIsNotUsed() {
    IntervalMap<String> left = IntervalMap.<String>builder().add(0, 9, "rw").build().orThrow();
    IntervalMap<String> right = IntervalMap.<String>builder().add(0, 9, "rw").build().orThrow();
    IntervalMap<String> less = right.without(9, 9);
    IntervalMap<String> none = right.without(0, 9);
    Chunk<?> chunk = left.chunks().getFirst();
    Meeting foreign = Meeting.of(right.chunks().getFirst(), right.chunks());
    Meeting stale = Meeting.of(chunk, right.chunks());
    assertThat(stale.isOf(chunk, right.chunks())).isTrue();
    assertThat(stale.isOf(chunk, less.chunks())).isFalse();
    assertThat(stale.isOf(chunk, none.chunks())).isFalse();
    assertThat(stale.isOf(chunk, anew(right).chunks())).isFalse();
    assertThat(foreign.isOf(chunk, right.chunks())).isFalse();
    chunk.memory().keep(foreign);
    assertThat(chunk.memory().find(chunk, less.chunks())).isEmpty();
    assertThat(chunk.memory().find(chunk, right.chunks())).contains(stale);
    Question<String, String> question = new Question.Inclusion<>("within", String::equals);
    assertThat(Maps.decide(question, left, less)).isInstanceOf(Outcome.Violated.class);
    assertThat(Maps.decide(question, left, none)).isInstanceOf(Outcome.Violated.class);
    assertThat(Maps.decide(question, left, right)).isInstanceOf(Outcome.Holds.class);
  }

  @Test
  void aMemoryForgetsTheOldest() {
    IntervalMap<String> left = IntervalMap.<String>builder().add(0, 9, "rw").build().orThrow();
    Chunk<?> chunk = left.chunks().getFirst();
    IntervalMap<String> oldest = IntervalMap.<String>builder().add(0, 9, "r").build().orThrow();
    Meeting first = Meeting.of(chunk, oldest.chunks());
    assertThat(Meeting.of(chunk, oldest.chunks())).isSameAs(first);
    for (int n = 0; n < 4; n++) {
      Meeting.of(chunk, oldest.with(20, 20 + n, "r").chunks());
    }
    assertThat(chunk.memory().find(chunk, oldest.chunks())).isEmpty();
  }

  /** Chunks of one range and of many, side by side: each index finds its own. */
  @Test
  void anIndexFindsItsRangeHoweverChunksLie() {
    IntervalMap.Builder<String> builder = IntervalMap.builder();
    List<Long> keys = new ArrayList<>();
    for (long key = 0; keys.size() < 6_000; key += 2) {
      if (keys.size() < 3_000 || Chunk.begins(key)) {
        keys.add(key);
        builder.add(key, key, "v" + key % 3);
      }
    }
    IntervalMap<String> map = builder.build().orThrow();
    assertThat(map.chunks()).hasSizeGreaterThan(3_000);
    for (int i = 0; i < map.size(); i++) {
      long key = keys.get(i);
      assertThat(map.range(i)).isEqualTo(new Range<>(key, key, "v" + key % 3));
      assertThat(map.first(i)).isEqualTo(key);
      assertThat(map.classText(map.classOf(i))).isEqualTo("v" + key % 3);
      assertThat(map.indexAtOrAfter(key)).isEqualTo(i);
    }
  }

  @Test
  void aValueThatComesOrGoesRenumbersClasses() {
    IntervalMap<String> map = many(5_000).with(0, 7, "r");
    assertThat(map.classes()).isEqualTo(2);
    assertThat(map.classText(0)).isEqualTo("r");
    IntervalMap<String> one = map.with(0, 7, "rw");
    assertThat(one.classes()).isEqualTo(1);
    assertThat(one.digest()).isEqualTo(many(5_000).digest());
    isAsBuilt(map);
  }
}
