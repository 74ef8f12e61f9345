package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Counterexamples of the examples, on the emulated processor: each that can be run succeeds. */
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class ReproductionTest {

  private static final Path ATTACKS = Path.of("../examples/attacks");

  /** What is said of a counterexample, a line each. */
  private record Tally(List<String> failed, List<String> executed, Set<String> notExecuted) {}

  private static void replay(Path file, Tally tally) throws Exception {
    Policy policy = PolicyCompiler.compile(file).policy().orElseThrow();
    Report report = Verifier.verify(policy, Options.DEFAULT);
    List<Counterexample> attacks =
        report.findings().stream().flatMap(f -> f.counterexample().stream()).toList();
    List<Finding> findings =
        report.findings().stream().filter(f -> f.counterexample().isPresent()).toList();
    List<Reproduction.Result> results;
    try {
      results = Reproduction.of(policy, attacks);
    } catch (SiliconException e) {
      tally.notExecuted().add(file.getFileName() + ": " + e.getMessage());
      return;
    }
    for (int i = 0; i < results.size(); i++) {
      String what = file.getFileName() + " " + findings.get(i).rule() + ": ";
      switch (results.get(i)) {
        case Reproduction.Result.Executed(boolean succeeded, String text) ->
            (succeeded ? tally.executed() : tally.failed()).add(what + text);
        case Reproduction.Result.NotExecuted(String reason) ->
            tally.notExecuted().add(what + reason);
        case Reproduction.Result.Fact() -> {}
      }
    }
  }

  @Test
  void attackSucceedsOnTheFlawedPolicy() throws Exception {
    Tally tally = new Tally(new ArrayList<>(), new ArrayList<>(), new TreeSet<>());
    for (String name : List.of("P02-no-lock", "P05a-partial-compare", "T62-carry-tells")) {
      replay(ATTACKS.resolve(name + ".postern"), tally);
    }
    assertThat(tally.failed()).isEmpty();
    assertThat(tally.executed()).hasSizeGreaterThanOrEqualTo(4);
  }

  @Tag("slow")
  @Test
  void everyAttackOfTheExamplesSucceedsOrIsNamed() throws Exception {
    Tally tally = new Tally(new ArrayList<>(), new ArrayList<>(), new TreeSet<>());
    for (Path file : attacks()) {
      replay(file, tally);
    }
    tally.notExecuted().forEach(line -> System.out.println("not executed: " + line));
    System.out.printf(
        "Silicon: %d counterexamples of examples/attacks executed, %d not; %d do not succeed%n",
        tally.executed().size() + tally.failed().size(),
        tally.notExecuted().size(),
        tally.failed().size());
    assertThat(tally.failed()).isEmpty();
    assertThat(tally.executed()).hasSizeGreaterThan(100);
  }

  private static List<Path> attacks() throws IOException {
    try (Stream<Path> files = Files.list(ATTACKS)) {
      return files.filter(file -> file.toString().endsWith(".postern")).sorted().toList();
    }
  }
}
