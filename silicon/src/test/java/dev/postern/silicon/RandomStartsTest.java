package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Control;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingSet;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Random registers, modes (64- and 32-bit; ring 3 where a policy lets it in) and window contents at
 * every landing of proved policies, and calls with random arguments: the processor does what the
 * concrete machine does, instruction by instruction, and the judge sees no theorem broken. More by
 * {@code -Dpostern.starts=N}, other ones by {@code -Dpostern.seed=N}.
 */
@Tag("slow")
@EnabledIf("dev.postern.silicon.GoodPairTest#bochs")
class RandomStartsTest {

  private static final int STARTS = Integer.getInteger("postern.starts", 2000);
  private static final long SEED = Long.getLong("postern.seed", 7);

  /** More than any call here takes, each byte it copies a step. */
  private static final int LIMIT = 2000;

  /** Bytes of VMFUNC. */
  private static final int VMFUNC = 3;

  private final Random random = new Random(SEED);

  /** What one start of the emulator runs, and the same on the concrete machine. */
  private record Batch(Scene scene, List<Trial> trials, List<Enactment> enactments) {}

  /** What came of it. */
  private record Found(List<String> wrong, List<Integer> ends, long instructions, int unmodelled) {}

  @Test
  void nothingTheVerifierExcludedIsReached() throws Exception {
    List<Scene> scenes = GoodPolicies.all();
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> ends = new TreeMap<>();
    int executed = 0;
    long instructions = 0;
    int unmodelled = 0;
    // One after the other, so that a seed gives the same starts; then the runs.
    List<Batch> batches = new ArrayList<>();
    for (Scene scene : scenes) {
      List<Trial> trials = new ArrayList<>();
      List<Enactment> enactments = new ArrayList<>();
      for (int i = 0; i < STARTS / scenes.size(); i++) {
        Scenario start = start(scene);
        Enactment enactment = Enactment.of(scene.policy, start, LIMIT);
        trials.add(
            Trial.whole("r" + i, start, List.of(), List.of())
                .stepped(LIMIT)
                .within(enactment.pages(scene.host)));
        enactments.add(enactment);
      }
      for (int from = 0; from < trials.size(); from += Emulator.BATCH) {
        int to = Math.min(from + Emulator.BATCH, trials.size());
        batches.add(new Batch(scene, trials.subList(from, to), enactments.subList(from, to)));
      }
    }
    for (Found found : Processors.map(batches, RandomStartsTest::run)) {
      wrong.addAll(found.wrong());
      executed += found.ends().size();
      instructions += found.instructions();
      unmodelled += found.unmodelled();
      found.ends().forEach(end -> ends.merge("exit " + end, 1, Integer::sum));
    }
    System.out.printf(
        "Silicon: %d random starts on %d proved policies (seed %d), %d instructions compared, %d"
            + " starts ended at what the concrete machine does not model; ends: %s%n",
        executed, scenes.size(), SEED, instructions, unmodelled, ends);
    assertThat(wrong.stream().limit(10)).as("%d of %d", wrong.size(), executed).isEmpty();
    assertThat(executed).isGreaterThanOrEqualTo(STARTS / scenes.size() * scenes.size());
    assertThat(unmodelled).isLessThan(executed / 20);
  }

  private static Found run(Batch batch) throws Exception {
    Scene scene = batch.scene();
    List<String> wrong = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    long instructions = 0;
    int unmodelled = 0;
    List<Outcome> outcomes = Emulator.run(scene.host, batch.trials());
    for (int i = 0; i < batch.trials().size(); i++) {
      Trial trial = batch.trials().get(i);
      Lockstep.Result result = Lockstep.compare(scene.host, trial, outcomes.get(i));
      String what = " under " + scene.file + " from " + trial.start().start();
      result.difference().ifPresent(difference -> wrong.add(difference + what));
      if (batch.enactments().get(i).violation().isPresent()) {
        wrong.add("a theorem is broken" + what);
      }
      instructions += result.instructions();
      unmodelled += result.unmodelled() ? 1 : 0;
      ends.add(outcomes.get(i).exit());
    }
    return new Found(wrong, ends, instructions, unmodelled);
  }

  private Scenario start(Scene scene) {
    View view =
        scene.policy.viewsOf(Scene.VM).stream()
            .filter(each -> !each.isDefault())
            .findFirst()
            .orElseThrow();
    Map<Gpr, Long> gprs = new TreeMap<>();
    for (Gpr gpr : Gpr.values()) {
      gprs.put(gpr, value(view));
    }
    // Back to nowhere: what the guest's own tables map outside the lock differs between the two.
    gprs.put(Gpr.R15, random.nextLong() | 1L << 62);
    boolean call = random.nextBoolean();
    long rip = scene.gate().enter().value();
    Mode mode = Mode.BITS64;
    int cs = Scenario.KERNEL_CS | scene.gate().privilegeLevel();
    if (!call) {
      // Mode-based execute control, which keeps processes out of gates, the emulator has not.
      boolean process = !scene.policy.vm(Scene.VM).orElseThrow().controls().holds(Control.K13);
      cs = Scenario.KERNEL_CS | (process && random.nextBoolean() ? 3 : 0);
      // From the VMFUNC in front of it: that is how a landing is come to.
      List<Landing> landings =
          LandingSet.of(scene.policy, view, scene.policy.vm(Scene.VM).orElseThrow()).stream()
              .filter(Landing::atSite)
              .toList();
      rip = landings.get(random.nextInt(landings.size())).la() - VMFUNC;
      // Wider linear addresses than 32 bits are 64-bit mode's.
      mode = rip >>> 32 == 0 && random.nextInt(4) == 0 ? Mode.BITS32 : Mode.BITS64;
      // What VMFUNC takes: whoever lands in the view comes with its index in ECX and EAX clear.
      gprs.put(Gpr.RCX, random.nextLong() << 32 | view.index());
      gprs.put(Gpr.RAX, random.nextLong() << 32);
      if (mode == Mode.BITS32) {
        // The upper halves, and R8 to R15, are nothing a 32-bit start has a say in.
        gprs.replaceAll((gpr, value) -> gpr.code() < 8 ? value & 0xffff_ffffL : 0);
      }
    }
    return new Scenario(
        Scene.VM,
        0,
        mode,
        rip,
        gprs,
        Scenario.CLEAN_RFLAGS | random.nextLong() & 0x8d5,
        cs,
        Map.of(),
        List.of(),
        windows(view),
        List.of());
  }

  /** A small number, an address in the view, or any. */
  private long value(View view) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(70);
      case 1 -> {
        Mapping mapping = view.mappings().get(random.nextInt(view.mappings().size()));
        yield mapping.la().value() + random.nextInt(4096);
      }
      default -> random.nextLong();
    };
  }

  /** The first words of every window, as its owner may leave them. */
  private List<Counterexample.Content> windows(View view) {
    List<Counterexample.Content> contents = new ArrayList<>();
    for (Mapping mapping : view.mappings()) {
      if (mapping.role() == Role.SOURCE_WINDOW || mapping.role() == Role.DESTINATION_WINDOW) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
          // A descriptor that may be good: an address in the sender's memory, a short length.
          long address = 0x1000_0000L + random.nextInt(0x3000);
          java.nio.ByteBuffer.wrap(bytes)
              .order(java.nio.ByteOrder.LITTLE_ENDIAN)
              .putLong(address)
              .putInt(random.nextInt(96))
              .putInt(0);
        }
        contents.add(
            new Counterexample.Content(
                view.index(), mapping.gpa().toString(), HexFormat.of().formatHex(bytes)));
      }
    }
    return contents;
  }
}
