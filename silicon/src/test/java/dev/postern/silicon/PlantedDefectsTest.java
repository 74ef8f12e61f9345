package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A bench that passes whatever is installed shows nothing: each planted defect turns a row red. */
@Tag("slow")
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class PlantedDefectsTest {

  private static List<String> red(Scene scene, byte[] image) throws Exception {
    List<Scene.Row> rows = scene.rows;
    List<String> red = new ArrayList<>();
    List<Outcome> outcomes;
    try {
      outcomes = Emulator.run(scene.host, image, rows.stream().map(Scene.Row::trial).toList());
    } catch (SiliconException e) {
      return List.of("not executed: " + e.reason());
    }
    for (int i = 0; i < rows.size(); i++) {
      if (!rows.get(i).observed(outcomes.get(i)).equals(rows.get(i).expected())) {
        red.add(rows.get(i).what());
      }
    }
    return red;
  }

  @Test
  void everyDefectTurnsTheRunRed() throws Exception {
    Scene scene = GoodPolicies.pinned();
    scene.rows.addAll(KnownAttacks.stopped().rows);
    GoodPolicies.imageProbes(scene);
    for (int i = 0; i < scene.rows.size(); i++) {
      scene.rows.set(i, scene.rows.get(i).numbered(i));
    }
    assertThat(red(scene, scene.host.imageFile())).as("the image as it is").isEmpty();
    List<Map.Entry<String, List<String>>> reds =
        Processors.map(
            List.copyOf(new Defects(scene).all().entrySet()),
            defect -> Map.entry(defect.getKey(), red(scene, defect.getValue())));
    reds.forEach(each ->
        System.out.println(
            "Silicon: planted defect, "
                + each.getKey()
                + ": "
                + each.getValue().size()
                + " rows red"));
    assertThat(reds).hasSizeGreaterThanOrEqualTo(20);
    assertThat(reds).allSatisfy(each -> assertThat(each.getValue()).as(each.getKey()).isNotEmpty());
  }
}
