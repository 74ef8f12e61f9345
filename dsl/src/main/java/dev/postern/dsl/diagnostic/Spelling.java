package dev.postern.dsl.diagnostic;

import java.util.Collection;
import java.util.Optional;

/** Which known word a misspelt one is nearest to. */
public final class Spelling {

  private static final int LONGEST = 64;
  private static final int MOST = 2000;

  private Spelling() {}

  /**
   * The nearest of {@code known} within one edit in three letters, at most two; of several equally
   * near the first in alphabetical order.
   */
  public static Optional<String> closest(String word, Collection<String> known) {
    if (word.length() > LONGEST || known.size() > MOST) {
      return Optional.empty();
    }
    int best = Math.min(2, word.length() / 3) + 1;
    Optional<String> closest = Optional.empty();
    for (String candidate : known.stream().sorted().toList()) {
      if (Math.abs(candidate.length() - word.length()) < best) {
        int distance = distance(word, candidate);
        if (distance < best) {
          best = distance;
          closest = Optional.of(candidate);
        }
      }
    }
    return closest;
  }

  /** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + same, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
