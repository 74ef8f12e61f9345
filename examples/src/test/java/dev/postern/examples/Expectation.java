package dev.postern.examples;

import dev.postern.model.RuleId;
import dev.postern.model.report.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a policy's head says must come back.
 *
 * <pre>
 * // expect: refuted landing-safe O-11      or     // expect: proved
 * // also: gate-live                        rules the same flaw breaks as well
 * // confinement: proved                    of every protected view; likewise mediation
 * // corrected: FILE                        the policy without the flaw, from this file's directory
 * // slow: REASON                           left to the slow suite
 * </pre>
 *
 * @param rule the rule that refutes; empty for a policy that is proved
 * @param obligations O-numbers among those the finding discharges
 * @param corrected the same policy without the flaw, or nearly
 */
record Expectation(
    Optional<RuleId> rule,
    List<String> obligations,
    Set<RuleId> also,
    Optional<Verdict> confinement,
    Optional<Verdict> mediation,
    Optional<Path> corrected,
    boolean slow) {

  static final String PREFIX = "// expect: ";

  static Expectation of(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return of(file, lines.takeWhile(line -> line.startsWith("//")).toList());
    }
  }

  private static Expectation of(Path file, List<String> head) {
    String[] words = head.getFirst().substring(PREFIX.length()).split(" ");
    Set<RuleId> also = EnumSet.noneOf(RuleId.class);
    said(head, "also").forEach(id -> also.add(rule(id)));
    if (words.length == 1 && words[0].equals("proved")) {
      return new Expectation(
          Optional.empty(),
          List.of(),
          also,
          verdict(head, "confinement"),
          verdict(head, "mediation"),
          Optional.empty(),
          slow(head));
    }
    if (words.length < 3 || !words[0].equals("refuted")) {
      throw new IllegalArgumentException(head.getFirst());
    }
    return new Expectation(
        Optional.of(rule(words[1])),
        List.of(words).subList(2, words.length),
        also,
        verdict(head, "confinement"),
        verdict(head, "mediation"),
        said(head, "corrected").map(name -> file.resolveSibling(name).normalize()).findFirst(),
        slow(head));
  }

  private static boolean slow(List<String> head) {
    return said(head, "slow").findAny().isPresent();
  }

  /** The rules that refute the policy, all of them. */
  Set<RuleId> refuting() {
    Set<RuleId> all = EnumSet.noneOf(RuleId.class);
    rule.ifPresent(all::add);
    all.addAll(also);
    return all;
  }

  private static Stream<String> said(List<String> head, String key) {
    String start = "// " + key + ": ";
    return head.stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).strip());
  }

  private static Optional<Verdict> verdict(List<String> head, String key) {
    return said(head, key)
        .map(word -> Verdict.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_')))
        .findFirst();
  }

  private static RuleId rule(String id) {
    return RuleId.of(id).orElseThrow(() -> new IllegalArgumentException("no rule " + id));
  }
}
