package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A bench that passes whatever is installed shows nothing: each planted defect turns a row red. */
@Tag("slow")
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class PlantedDefectsTest {

  /** Images that one start of the emulator tries. */
  private static final int PIECE = 4;

  /** What is red with each of the images; alone, if what one of them does ends the machine. */
  private static List<List<String>> red(Scene scene, List<byte[]> images) throws Exception {
    try {
      return Emulator.run(images.stream().map(scene::load).toList()).stream()
          .map(outcomes -> red(scene.rows, outcomes))
          .toList();
    } catch (SiliconException e) {
      List<List<String>> alone = new ArrayList<>();
      for (byte[] image : images.size() > 1 ? images : List.<byte[]>of()) {
        alone.addAll(red(scene, List.of(image)));
      }
      return alone.isEmpty() ? List.of(List.of("not executed: " + e.reason())) : alone;
    }
  }

  private static List<String> red(List<Scene.Row> rows, List<Outcome> outcomes) {
    return IntStream.range(0, rows.size())
        .filter(i -> !rows.get(i).observed(outcomes.get(i)).equals(rows.get(i).expected()))
        .mapToObj(i -> rows.get(i).what())
        .toList();
  }

  @Test
  void everyDefectTurnsTheRunRed() throws Exception {
    Scene scene = GoodPolicies.pinned();
    scene.rows.addAll(KnownAttacks.stopped().rows);
    GoodPolicies.imageProbes(scene);
    for (int i = 0; i < scene.rows.size(); i++) {
      scene.rows.set(i, scene.rows.get(i).numbered(i));
    }
    assertThat(red(scene, List.of(scene.host.imageFile())))
        .as("the image as it is")
        .containsExactly(List.of());
    Map<String, byte[]> defects = new Defects(scene).all();
    List<List<String>> reds =
        Processors.map(
                Processors.pieces(List.copyOf(defects.values()), PIECE), some -> red(scene, some))
            .stream()
            .flatMap(List::stream)
            .toList();
    assertThat(reds).hasSameSizeAs(defects.keySet()).hasSizeGreaterThanOrEqualTo(20);
    Iterator<List<String>> next = reds.iterator();
    for (String defect : defects.keySet()) {
      List<String> red = next.next();
      System.out.println("Silicon: planted defect, " + defect + ": " + red.size() + " rows red");
      assertThat(red).as(defect).isNotEmpty();
    }
  }
}
