package dev.postern.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How ranges are cut into blocks decides nothing but the claim's digest. */
class BlocksTest {

  private static final int CLASSES = 3;

  private record Row(long first, long last, int number) {}

  private static List<Row> randomRows(Random random) {
    List<Row> rows = new ArrayList<>();
    long key = random.nextInt(4);
    for (int n = random.nextInt(9); n > 0; n--) {
      long last = key + random.nextInt(5);
      rows.add(new Row(key, last, random.nextInt(CLASSES)));
      key = last + 1 + (random.nextInt(3) == 0 ? random.nextInt(4) : 0);
    }
    return rows;
  }

  private static MapClaim.Ranges inOneBlock(List<Row> rows) {
    return new MapClaim.Ranges(
        "map",
        rows.stream().mapToLong(Row::first).toArray(),
        rows.stream().mapToLong(Row::last).toArray(),
        rows.stream().mapToInt(Row::number).toArray());
  }

  /** Cut anywhere, with empty blocks between, each with the classes in an order of its own. */
  private static MapClaim.Ranges inBlocks(List<Row> rows, Random random) {
    List<MapClaim.Block> blocks = new ArrayList<>();
    List<int[]> classes = new ArrayList<>();
    for (int from = 0; from < rows.size() || random.nextBoolean(); ) {
      List<Row> some = rows.subList(from, Math.min(rows.size(), from + random.nextInt(4)));
      from += some.size();
      int turn = random.nextInt(CLASSES);
      classes.add(new int[] {turn, (turn + 1) % CLASSES, (turn + 2) % CLASSES});
      blocks.add(
          new MapClaim.Block(
              some.stream().mapToLong(Row::first).toArray(),
              some.stream().mapToLong(Row::last).toArray(),
              some.stream().mapToInt(r -> (r.number() + CLASSES - turn) % CLASSES).toArray()));
    }
    return new MapClaim.Ranges("map", blocks, classes);
  }

  private static List<Integer> steps(List<Row> left, List<Row> right) {
    List<Integer> steps = new ArrayList<>();
    int start = 0;
    for (Row row : left) {
      int before = start;
      while (start < right.size() && right.get(start).last() < row.first()) {
        start++;
      }
      steps.add(start - before);
    }
    return steps;
  }

  private record Bound(long key, boolean opens, int map) {}

  private static List<Integer> turns(List<List<Row>> maps) {
    List<Bound> bounds = new ArrayList<>();
    for (int m = 0; m < maps.size(); m++) {
      for (Row row : maps.get(m)) {
        bounds.add(new Bound(row.first(), true, m));
        bounds.add(new Bound(row.last() + 1, false, m));
      }
    }
    bounds.sort(Comparator.comparing(Bound::key).thenComparing(Bound::opens));
    List<Integer> turns = new ArrayList<>(List.of(bounds.size()));
    bounds.forEach(bound -> turns.add(bound.map()));
    return turns;
  }

  private static Check check(MapClaim claim, List<Integer> numbers) {
    byte[] header = Checker.header(Checker.WITNESS, claim.digest());
    byte[] evidence = Arrays.copyOf(header, header.length + numbers.size());
    for (int i = 0; i < numbers.size(); i++) {
      evidence[header.length + i] = numbers.get(i).byteValue();
    }
    return Checker.witness(claim, evidence);
  }

  @Test
  void answersAreThoseOfOneBlock() {
    Random random = new Random(5);
    int accepted = 0;
    int rounds = 20_000;
    for (int round = 0; round < rounds; round++) {
      boolean pairwise = random.nextBoolean();
      boolean absence = !pairwise && random.nextInt(3) == 0;
      List<Row> left = randomRows(random);
      List<Row> right = random.nextInt(3) == 0 ? left : randomRows(random);
      int odds = 1 + random.nextInt(9);
      long[] allowed =
          LongStream.range(0, CLASSES * CLASSES)
              .filter(n -> random.nextInt(odds) > 0 || odds == 1)
              .map(n -> MapClaim.pair((int) n / CLASSES, (int) n % CLASSES))
              .toArray();
      List<Integer> numbers = pairwise ? turns(List.of(left, right)) : steps(left, right);
      if (random.nextInt(4) == 0 && !numbers.isEmpty()) {
        numbers.set(random.nextInt(numbers.size()), random.nextInt(3));
      }
      MapClaim one =
          new MapClaim(
              "t", pairwise, absence, List.of(inOneBlock(left), inOneBlock(right)), allowed);
      MapClaim several =
          new MapClaim(
              "t",
              pairwise,
              absence,
              List.of(inBlocks(left, random), inBlocks(right, random)),
              allowed);
      Check check = check(one, numbers);
      assertThat(check(several, numbers)).isEqualTo(check);
      accepted += check instanceof Check.Accepted ? 1 : 0;
    }
    assertThat(accepted).isBetween(rounds / 10, rounds * 9 / 10);
  }

  private static MapClaim claim(long last, int number, int[] classes, String digest) {
    MapClaim.Block block = new MapClaim.Block(new long[] {1}, new long[] {last}, number);
    MapClaim.Ranges map = new MapClaim.Ranges(digest, List.of(block), List.of(classes));
    return new MapClaim("t", true, false, List.of(map, map), MapClaim.pair(0, 1));
  }

  /** Neither a bound nor a class, in the block or of the block, changes without the digest. */
  @Test
  void theDigestIsOfAllThatIsInBlocks() {
    List<MapClaim> claims =
        List.of(
            claim(1, 0, new int[] {0, 1}, "m"),
            claim(2, 0, new int[] {0, 1}, "m"),
            claim(1, 1, new int[] {0, 1}, "m"),
            claim(1, 0, new int[] {1, 0}, "m"),
            claim(1, 0, new int[] {0}, "m"),
            claim(1, 0, new int[] {0, 1}, "n"));
    assertThat(claims.stream().map(claim -> Arrays.toString(claim.digest())).distinct())
        .hasSize(claims.size());
    assertThat(claim(1, 0, new int[] {0, 1}, "m").digest()).isEqualTo(claims.getFirst().digest());
  }
}
