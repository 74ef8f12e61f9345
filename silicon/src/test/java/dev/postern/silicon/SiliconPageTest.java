package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The fast bench: what proofs say of good policies and of known attacks, executed, is what is seen;
 * and docs/silicon.md is the table of it. {@code -Dbless=true} writes the page.
 */
@Tag("slow")
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class SiliconPageTest {

  /** As many as there are; a run with fewer has lost some. */
  private static final int SCENARIOS = 81;

  private static final int PIECE = 4;

  private static final Path PAGE = Path.of("../docs/silicon.md");

  @Test
  void whatIsProvedIsWhatIsSeen() throws Exception {
    List<String> differences = new ArrayList<>();
    List<String> table = new ArrayList<>();
    int executed = 0;
    List<Scene> scenes =
        Stream.concat(GoodPolicies.all().stream(), KnownAttacks.all().stream()).toList();
    Map<String, Scene> byFile = new LinkedHashMap<>();
    scenes.forEach(scene -> byFile.putIfAbsent(scene.file, scene));
    Map<String, String> verdicts = new HashMap<>();
    Processors.map(
            List.copyOf(byFile.entrySet()),
            each -> Map.entry(each.getKey(), verdict(each.getValue())))
        .forEach(each -> verdicts.put(each.getKey(), each.getValue()));
    List<List<Outcome>> seen =
        Processors.map(
                Processors.pieces(scenes, PIECE),
                piece -> Emulator.run(piece.stream().map(Scene::load).toList()))
            .stream()
            .flatMap(List::stream)
            .toList();
    for (int s = 0; s < scenes.size(); s++) {
      Scene scene = scenes.get(s);
      String verdict = verdicts.get(scene.file);
      List<Outcome> outcomes = seen.get(s);
      for (int i = 0; i < scene.rows.size(); i++) {
        Scene.Row row = scene.rows.get(i);
        String observed = row.observed(outcomes.get(i));
        executed++;
        if (!observed.equals(row.expected())) {
          differences.add(
              scene.file
                  + ": "
                  + row.what()
                  + ": expected "
                  + row.expected()
                  + ", seen "
                  + observed);
        }
        boolean succeeds = row.because().startsWith("the attack succeeds");
        if (verdict.startsWith("proved") == succeeds) {
          differences.add(scene.file + " is " + verdict + ", and yet: " + row.because());
        }
        table.add(
            "| %s | %s | %s | %s: %s | %s |"
                .formatted(
                    row.what(),
                    link(scene.file),
                    verdict,
                    row.because(),
                    row.expected(),
                    observed));
      }
    }
    assertThat(differences).isEmpty();
    assertThat(table).hasSize(executed).hasSizeGreaterThanOrEqualTo(SCENARIOS);
    long attacks = table.stream().filter(line -> line.contains("the attack succeeds")).count();
    System.out.printf(
        "Silicon: %d scenarios executed on an emulated %s: each ended as its policy's proof says;"
            + " %d attacks succeed on policies that are refuted, none on one that is proved%n",
        executed, Emulator.MODEL, attacks);
    SiliconPage.check(PAGE, table);
  }

  private static String link(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1).replace(".postern", "");
    return "[" + name + "](../examples/" + file + ")";
  }

  /** The outcome; if refuted, the obligations that are not met. */
  private static String verdict(Scene scene) {
    Report report = Verifier.verify(scene.policy, Options.DEFAULT);
    if (report.outcome() == Verdict.PROVED) {
      return "proved";
    }
    TreeSet<String> broken = new TreeSet<>();
    report.findings().stream()
        .filter(finding -> finding.verdict() == Verdict.REFUTED)
        .forEach(finding -> broken.add(finding.rule().toString()));
    return report.outcome().toString().toLowerCase(java.util.Locale.ROOT)
        + ": "
        + String.join(", ", broken);
  }
}
