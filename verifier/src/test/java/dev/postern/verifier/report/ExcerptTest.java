package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Location;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExcerptTest {

  @Test
  void caretStandsUnderThePlace() {
    assertThat(excerpt("    enter xt", 1, 11))
        .containsExactly("1 |     enter xt", "  |           ^");
  }

  @Test
  void tabsCountOneAndEscapesCountWhatTheyShow() {
    assertThat(excerpt("\ta\u001bb", 1, 4)).containsExactly("1 |  a\\u{1b}b", "  |         ^");
  }

  @Test
  void columnsAreCodePoints() {
    assertThat(excerpt("\ud83d\ude00x", 1, 2)).containsExactly("1 | \ud83d\ude00x", "  |  ^");
  }

  @Test
  void placeBehindTheEndIsTheEnd() {
    assertThat(excerpt("ab", 1, 99)).containsExactly("1 | ab", "  |   ^");
  }

  @Test
  void longLineIsCutAroundThePlace() {
    List<String> lines = excerpt("a".repeat(100_000) + "!" + "b".repeat(100_000), 1, 100_001);
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
    assertThat(lines.getFirst()).startsWith("1 | ...aaa").endsWith("bbb...");
    assertThat(lines.getFirst().charAt(lines.getLast().indexOf('^'))).isEqualTo('!');
  }

  @Test
  void unknownFileOrLineShowsNothing() {
    assertThat(excerpt("ab", 2, 1)).isEmpty();
    assertThat(Excerpt.of(new Location("f", 1, 1), Excerpts.NONE, 0)).isEmpty();
  }

  private static List<String> excerpt(String text, int line, int column) {
    return Excerpt.of(new Location("f", line, column), Excerpts.of(Map.of("f", text)), 0);
  }
}
