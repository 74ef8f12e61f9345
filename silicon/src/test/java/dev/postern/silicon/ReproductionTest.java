package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Counterexamples of the examples, on the emulated processor: each that can be run succeeds on the
 * policy it refutes, and on the one its head names as corrected none does.
 */
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class ReproductionTest {

  private static final Path EXAMPLES = Path.of("../examples");
  private static final Path ATTACKS = EXAMPLES.resolve("attacks");
  private static final String REFUTED = "// expect: refuted ";
  private static final String ALSO = "// also: ";
  private static final String CORRECTED = "// corrected: ";

  private static final int PIECE = 12;

  /** Where examples have counterexamples. */
  enum Directory {
    ATTACKS("attacks", 138, 119),
    SILICON("silicon", 9, 7),
    VHOST_TX_C("vhost-tx-c", 18, 18);

    private final String name;
    private final int executed;
    private final int inVain;

    /**
     * @param executed at the least
     * @param inVain at the least, with the corrected policy
     */
    Directory(String name, int executed, int inVain) {
      this.name = name;
      this.executed = executed;
      this.inVain = inVain;
    }

    /** Those that are refuted: a proved policy has no counterexample, and names none corrected. */
    List<Path> attackFiles() throws IOException {
      try (Stream<Path> files = Files.list(EXAMPLES.resolve(name))) {
        return files
            .filter(file -> file.toString().endsWith(".postern"))
            .filter(file -> head(file).anyMatch(line -> line.startsWith(REFUTED)))
            .sorted()
            .toList();
      }
    }
  }

  /** A counterexample and what is said of it: file and rule. */
  private record Attack(Path file, String name, Counterexample counterexample) {

    Path corrected() {
      return head(file)
          .filter(line -> line.startsWith(CORRECTED))
          .map(line -> file.resolveSibling(line.substring(CORRECTED.length())).normalize())
          .findFirst()
          .orElseThrow(() -> new AssertionError(file + " names no corrected policy"));
    }
  }

  /** What is said of counterexamples, a line each, by the kind of what became of them. */
  private static final class Tally {
    private final Map<String, List<String>> lines = new TreeMap<>();

    void add(String kind, String line) {
      lines.computeIfAbsent(kind, _ -> new ArrayList<>()).add(line);
    }

    void addAll(Tally other) {
      other.lines.forEach((kind, all) -> all.forEach(line -> add(kind, line)));
    }

    List<String> of(String kind) {
      return lines.getOrDefault(kind, List.of());
    }

    void print(String kind) {
      of(kind).forEach(line -> System.out.println(kind + ": " + line));
    }
  }

  /** The comment a policy begins with. */
  private static Stream<String> head(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.takeWhile(line -> line.startsWith("//")).toList().stream();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Policy policy(Path file) {
    return PolicyCompiler.compile(file).policy().orElseThrow();
  }

  /** The rules that refute a policy are in its head; another has no counterexample to run. */
  private static Options refuting(Path file) {
    Set<RuleId> rules = EnumSet.noneOf(RuleId.class);
    head(file)
        .filter(line -> line.startsWith(REFUTED) || line.startsWith(ALSO))
        .map(line -> line.replace(REFUTED, "").replace(ALSO, "").split(" ")[0])
        .forEach(rule -> rules.add(RuleId.of(rule).orElseThrow()));
    return Options.DEFAULT.withRules(rules);
  }

  private static List<Attack> attacks(Path file) {
    List<Attack> attacks = new ArrayList<>();
    for (Finding finding : Verifier.verify(policy(file), refuting(file)).findings()) {
      Optional<Counterexample> attack = finding.counterexample();
      attack.ifPresent(
          each -> attacks.add(new Attack(file, file.getFileName() + " " + finding.rule(), each)));
    }
    return attacks;
  }

  private static List<Attack> attacks(String... names) {
    return Stream.of(names)
        .flatMap(name -> attacks(ATTACKS.resolve(name + ".postern")).stream())
        .toList();
  }

  private static List<Counterexample> counterexamples(List<Attack> attacks) {
    return attacks.stream().map(Attack::counterexample).toList();
  }

  /** Runs attacks on the policies they refute, those of a file together. */
  private static Tally reproduce(List<List<Attack>> byFile) throws Exception {
    Tally tally = new Tally();
    List<List<Attack>> played = new ArrayList<>();
    List<Act.Play<Reproduction.Result>> plays = new ArrayList<>();
    for (List<Attack> own : byFile) {
      Path file = own.getFirst().file();
      try {
        plays.add(Reproduction.play(policy(file), counterexamples(own)));
        played.add(own);
      } catch (SiliconException e) {
        tally.add("not executed", file.getFileName() + ": " + e.getMessage());
      }
    }
    List<List<Reproduction.Result>> results = Act.perform(plays);
    for (int i = 0; i < played.size(); i++) {
      for (int j = 0; j < played.get(i).size(); j++) {
        tally(played.get(i).get(j).name() + ": ", results.get(i).get(j), tally);
      }
    }
    return tally;
  }

  private static void tally(String what, Reproduction.Result result, Tally tally) {
    switch (result) {
      case Reproduction.Result.Executed(boolean succeeded, String text) ->
          tally.add(succeeded ? "succeeds" : "fails", what + text);
      case Reproduction.Result.NotExecuted(String reason) ->
          tally.add("not executed", what + reason);
      case Reproduction.Result.Fact() -> tally.add("fact", what);
    }
  }

  /** Attacks, and a policy that is said to have no flaw. */
  private record Again(Path corrected, List<Attack> attacks) {}

  /** Runs attacks on policies that are said to have no flaw. */
  private static Tally retry(List<Again> all) throws Exception {
    List<Act.Play<Rematch.Result>> plays = new ArrayList<>();
    for (Again again : all) {
      plays.add(Rematch.play(policy(again.corrected()), counterexamples(again.attacks())));
    }
    List<List<Rematch.Result>> results = Act.perform(plays);
    Tally tally = new Tally();
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < all.get(i).attacks().size(); j++) {
        String what =
            all.get(i).attacks().get(j).name()
                + " on "
                + all.get(i).corrected().getFileName()
                + ": ";
        tally(what, results.get(i).get(j), tally);
      }
    }
    return tally;
  }

  private static void tally(String what, Rematch.Result result, Tally tally) {
    switch (result) {
      case Rematch.Result.Withstood(String text) -> tally.add("withstood", what + text);
      case Rematch.Result.Harmless(String text) -> tally.add("harmless", what + text);
      case Rematch.Result.Excluded(String reason) -> tally.add("excluded", what + reason);
      case Rematch.Result.Succeeds(String text) -> tally.add("succeeds", what + text);
      case Rematch.Result.Differs(String text) -> tally.add("differs", what + text);
      case Rematch.Result.NotExecuted(String reason) -> tally.add("not executed", what + reason);
      case Rematch.Result.Fact() -> tally.add("fact", what);
    }
  }

  /** On each corrected policy, the attacks of all that name it. */
  private static Tally retryAll(List<Attack> attacks) throws Exception {
    Map<Path, List<Attack>> byCorrected = new LinkedHashMap<>();
    for (Attack attack : attacks) {
      byCorrected.computeIfAbsent(attack.corrected(), _ -> new ArrayList<>()).add(attack);
    }
    List<Again> all = new ArrayList<>();
    byCorrected.forEach((corrected, own) ->
        Processors.pieces(own, PIECE).forEach(piece -> all.add(new Again(corrected, piece))));
    return sum(Processors.map(Processors.pieces(all, PIECE), ReproductionTest::retry));
  }

  private static Tally sum(List<Tally> tallies) {
    Tally sum = new Tally();
    tallies.forEach(sum::addAll);
    return sum;
  }

  @Test
  void attackSucceedsOnTheFlawedPolicyAndFailsOnTheCorrectedOne() throws Exception {
    List<Attack> attacks = attacks("P02-no-lock", "P05a-partial-compare", "T62-carry-tells");
    Map<Path, List<Attack>> byFile = attacks.stream().collect(Collectors.groupingBy(Attack::file));
    Tally flawed = reproduce(List.copyOf(byFile.values()));
    assertThat(flawed.of("fails")).isEmpty();
    assertThat(flawed.of("succeeds")).hasSizeGreaterThanOrEqualTo(4);

    Tally corrected = retryAll(attacks);

    assertThat(corrected.lines.keySet()).containsExactly("withstood");
    assertThat(corrected.of("withstood")).hasSameSizeAs(flawed.of("succeeds"));
  }

  /** A VMFUNC that is not there any more does not switch, and nothing lands behind it. */
  @Test
  void startThatTheCorrectedPolicyLacksIsNotCountedAsExecuted() throws Exception {
    Tally corrected = retryAll(attacks("P06-vmfunc-in-immediate"));

    assertThat(corrected.lines.keySet()).containsExactly("excluded", "withstood");
    assertThat(corrected.of("excluded")).singleElement().asString().contains("landing-safe");
  }

  /** What judges the corrected policy sees the flaw where it is. */
  @Test
  void flawedPolicyIsNoCorrectionOfItself() throws Exception {
    List<Again> all =
        Stream.of("P05a-partial-compare", "P14-executable-window", "T62-carry-tells")
            .map(name -> new Again(ATTACKS.resolve(name + ".postern"), attacks(name)))
            .toList();
    Tally tally = retry(all);
    assertThat(tally.lines.keySet()).containsExactly("succeeds");
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void everyAttackOfTheExamplesSucceedsAndFailsOnTheCorrectedPolicyOrIsNamed(Directory directory)
      throws Exception {
    List<List<Attack>> byFile = Processors.map(directory.attackFiles(), ReproductionTest::attacks);
    assertThat(byFile).isNotEmpty().doesNotContain(List.of());
    Tally flawed =
        sum(Processors.map(Processors.pieces(byFile, PIECE), ReproductionTest::reproduce));
    flawed.print("not executed");
    System.out.printf(
        "Silicon: %d counterexamples of examples/%s executed, %d not; %d do not succeed%n",
        flawed.of("succeeds").size() + flawed.of("fails").size(),
        directory.name,
        flawed.of("not executed").size(),
        flawed.of("fails").size());
    assertThat(flawed.of("fails")).isEmpty();
    assertThat(flawed.of("succeeds")).hasSizeGreaterThanOrEqualTo(directory.executed);

    Tally corrected = retryAll(byFile.stream().flatMap(List::stream).toList());

    corrected.print("excluded");
    corrected.print("not executed");
    System.out.printf(
        "Silicon: on the corrected policies %d of them are executed and fail, %d more are executed"
            + " and break nothing there, %d have no start there, %d are not executed; %d still"
            + " succeed%n",
        corrected.of("withstood").size(),
        corrected.of("harmless").size(),
        corrected.of("excluded").size(),
        corrected.of("not executed").size(),
        corrected.of("succeeds").size());
    assertThat(corrected.of("succeeds")).isEmpty();
    assertThat(corrected.of("differs")).isEmpty();
    assertThat(corrected.of("withstood")).hasSizeGreaterThanOrEqualTo(directory.inVain);
  }
}
