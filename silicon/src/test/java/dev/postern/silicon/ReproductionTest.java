package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Counterexamples of the examples, on the emulated processor: each that can be run succeeds on the
 * policy it refutes, and on the one its head names as corrected none does.
 */
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class ReproductionTest {

  private static final Path ATTACKS = Path.of("../examples/attacks");
  private static final String CORRECTED = "// corrected: ";

  /** At the least, of all examples: executed, and executed with the corrected policy in vain. */
  private static final int EXECUTED = 100;

  private static final int IN_VAIN = 105;

  /** A counterexample and what is said of it: file and rule. */
  private record Attack(Path file, String name, Counterexample counterexample) {

    Path corrected() {
      try (Stream<String> lines = Files.lines(file)) {
        return lines
            .takeWhile(line -> line.startsWith("//"))
            .filter(line -> line.startsWith(CORRECTED))
            .map(line -> file.resolveSibling(line.substring(CORRECTED.length())).normalize())
            .findFirst()
            .orElseThrow(() -> new AssertionError(file + " names no corrected policy"));
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** What is said of counterexamples, a line each, by the kind of what became of them. */
  private static final class Tally {
    private final Map<String, List<String>> lines = new TreeMap<>();

    void add(String kind, String line) {
      lines.computeIfAbsent(kind, _ -> new ArrayList<>()).add(line);
    }

    List<String> of(String kind) {
      return lines.getOrDefault(kind, List.of());
    }
  }

  private static Policy policy(Path file) {
    return PolicyCompiler.compile(file).policy().orElseThrow();
  }

  private static List<Attack> attacks(Path file) {
    List<Attack> attacks = new ArrayList<>();
    for (Finding finding : Verifier.verify(policy(file), Options.DEFAULT).findings()) {
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

  /** Runs attacks of one file on the policy they refute. */
  private static void reproduce(Path file, List<Attack> attacks, Tally tally) throws Exception {
    List<Reproduction.Result> results;
    try {
      results = Reproduction.of(policy(file), counterexamples(attacks));
    } catch (SiliconException e) {
      tally.add("not executed", file.getFileName() + ": " + e.getMessage());
      return;
    }
    for (int i = 0; i < results.size(); i++) {
      String what = attacks.get(i).name() + ": ";
      switch (results.get(i)) {
        case Reproduction.Result.Executed(boolean succeeded, String text) ->
            tally.add(succeeded ? "succeeds" : "fails", what + text);
        case Reproduction.Result.NotExecuted(String reason) ->
            tally.add("not executed", what + reason);
        case Reproduction.Result.Fact() -> tally.add("fact", what);
      }
    }
  }

  /** Runs attacks on a policy that is said to have no flaw. */
  private static void retry(Path corrected, List<Attack> attacks, Tally tally) throws Exception {
    List<Rematch.Result> results = Rematch.of(policy(corrected), counterexamples(attacks));
    for (int i = 0; i < results.size(); i++) {
      String what = attacks.get(i).name() + " on " + corrected.getFileName() + ": ";
      switch (results.get(i)) {
        case Rematch.Result.Withstood(String text) -> tally.add("withstood", what + text);
        case Rematch.Result.Harmless(String text) -> tally.add("harmless", what + text);
        case Rematch.Result.Excluded(String reason) -> tally.add("excluded", what + reason);
        case Rematch.Result.Succeeds(String text) -> tally.add("succeeds", what + text);
        case Rematch.Result.Differs(String text) -> tally.add("differs", what + text);
        case Rematch.Result.NotExecuted(String reason) -> tally.add("not executed", what + reason);
        case Rematch.Result.Fact() -> tally.add("fact", what);
      }
    }
  }

  /** On each corrected policy, the attacks of all that name it. */
  private static Tally retry(List<Attack> attacks) throws Exception {
    Map<Path, List<Attack>> byCorrected = new LinkedHashMap<>();
    for (Attack attack : attacks) {
      byCorrected.computeIfAbsent(attack.corrected(), _ -> new ArrayList<>()).add(attack);
    }
    Tally tally = new Tally();
    for (Map.Entry<Path, List<Attack>> each : byCorrected.entrySet()) {
      retry(each.getKey(), each.getValue(), tally);
    }
    return tally;
  }

  @Test
  void attackSucceedsOnTheFlawedPolicyAndFailsOnTheCorrectedOne() throws Exception {
    Tally flawed = new Tally();
    List<Attack> attacks = attacks("P02-no-lock", "P05a-partial-compare", "T62-carry-tells");
    for (Path file : attacks.stream().map(Attack::file).distinct().toList()) {
      reproduce(file, attacks.stream().filter(each -> each.file().equals(file)).toList(), flawed);
    }
    assertThat(flawed.of("fails")).isEmpty();
    assertThat(flawed.of("succeeds")).hasSizeGreaterThanOrEqualTo(4);

    Tally corrected = retry(attacks);

    assertThat(corrected.lines.keySet()).containsExactly("withstood");
    assertThat(corrected.of("withstood")).hasSameSizeAs(flawed.of("succeeds"));
  }

  /** A VMFUNC that is not there any more does not switch, and nothing lands behind it. */
  @Test
  void startThatTheCorrectedPolicyLacksIsNotCountedAsExecuted() throws Exception {
    Tally corrected = retry(attacks("P06-vmfunc-in-immediate"));

    assertThat(corrected.lines.keySet()).containsExactly("excluded", "withstood");
    assertThat(corrected.of("excluded")).singleElement().asString().contains("landing-safe");
  }

  /** What judges the corrected policy sees the flaw where it is. */
  @Test
  void flawedPolicyIsNoCorrectionOfItself() throws Exception {
    Tally tally = new Tally();
    for (String name :
        List.of("P05a-partial-compare", "P14-executable-window", "T62-carry-tells")) {
      Path file = ATTACKS.resolve(name + ".postern");
      retry(file, attacks(file), tally);
    }
    assertThat(tally.lines.keySet()).containsExactly("succeeds");
  }

  @Tag("slow")
  @Test
  void everyAttackOfTheExamplesSucceedsAndFailsOnTheCorrectedPolicyOrIsNamed() throws Exception {
    Tally flawed = new Tally();
    List<Attack> attacks = new ArrayList<>();
    for (Path file : attackFiles()) {
      List<Attack> own = attacks(file);
      attacks.addAll(own);
      reproduce(file, own, flawed);
    }
    flawed.of("not executed").forEach(line -> System.out.println("not executed: " + line));
    System.out.printf(
        "Silicon: %d counterexamples of examples/attacks executed, %d not; %d do not succeed%n",
        flawed.of("succeeds").size() + flawed.of("fails").size(),
        flawed.of("not executed").size(),
        flawed.of("fails").size());
    assertThat(flawed.of("fails")).isEmpty();
    assertThat(flawed.of("succeeds")).hasSizeGreaterThan(EXECUTED);

    Tally corrected = retry(attacks);

    corrected.of("excluded").forEach(line -> System.out.println("excluded: " + line));
    corrected.of("not executed").forEach(line -> System.out.println("not executed: " + line));
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
    assertThat(corrected.of("withstood")).hasSizeGreaterThan(IN_VAIN);
  }

  /** Those that are refuted: a proved policy has no counterexample, and names none corrected. */
  private static List<Path> attackFiles() throws IOException {
    try (Stream<Path> files = Files.list(ATTACKS)) {
      return files.filter(file -> file.toString().endsWith(".postern")).sorted().toList();
    }
  }
}
