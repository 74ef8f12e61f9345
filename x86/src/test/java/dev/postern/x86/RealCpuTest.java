package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every row of the table, in every mode that has it, over random states, against the processor this
 * runs on: registers, flags, memory, instruction pointer and exception. What the SDM leaves
 * undefined is not compared; which bits those are is found by running the semantics twice.
 *
 * <p>Nothing is left out silently: a row that is never compared must stand in {@link Exclusion},
 * and an entry there that excludes nothing fails too.
 */
class RealCpuTest {

  private static final int STATES_PER_SAMPLE = 32;
  private static final long RESUME_FLAG = 1 << 16;

  @Test
  void everyFormDoesWhatTheProcessorDoes(@TempDir Path directory) throws Exception {
    compare(directory, 320, 200_000, false);
  }

  @Test
  @Tag("slow")
  void everyFormDoesWhatTheProcessorDoesTenMillionTimes(@TempDir Path directory) throws Exception {
    compare(directory, 12_500, 10_000_000, true);
  }

  /** An exclusion that covers no encoding of any row has outlived its reason. */
  @Test
  void noExclusionIsDead() {
    FormSampler sampler = new FormSampler(new SplittableRandom(1), Sandbox.layout(3));
    Set<Exclusion> dead = EnumSet.allOf(Exclusion.class);
    for (Mode mode : Mode.values()) {
      for (Row row : Forms.ROWS) {
        for (int i = 0; row instanceof Form form && encodable(form, mode) && i < 50; i++) {
          sampler.sample(form, mode).flatMap(Exclusion::of).ifPresent(dead::remove);
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  /** One comparison run: what was counted, what disagreed. */
  private static final class Tally {
    final Map<Mnemonic, Integer> byMnemonic = new EnumMap<>(Mnemonic.class);
    final Map<Mode, Integer> byMode = new EnumMap<>(Mode.class);
    final Map<Integer, Integer> byVector = new TreeMap<>();
    final Map<Exclusion, Integer> excluded = new EnumMap<>(Exclusion.class);
    final List<String> problems = new ArrayList<>();
    long states;
    int rows;
  }

  private static void compare(Path directory, int statesPerRow, long least, boolean verbose)
      throws IOException, InterruptedException {
    if (!onPath("gcc") || !System.getProperty("os.arch").equals("amd64")) {
      System.out.println("SKIPPED: semantics against the real CPU: needs gcc and an x86-64 Linux");
      return;
    }
    long seed = Long.getLong("postern.seed", new SplittableRandom().nextLong());
    System.out.println("real CPU: -Dpostern.seed=" + seed);
    Tally tally = new Tally();
    try (RealCpu cpu = RealCpu.start(directory)) {
      for (Mode mode : Mode.values()) {
        if (mode != Mode.BITS64 && !cpu.layout().compatibility()) {
          System.out.println("SKIPPED: real CPU in " + mode + ": no modify_ldt on this kernel");
          continue;
        }
        SplittableRandom random = new SplittableRandom(seed ^ mode.bits());
        for (Row row : Forms.ROWS) {
          if (row instanceof Form form && encodable(form, mode)) {
            new RowComparison(cpu, mode, form, random.split(), tally).run(statesPerRow);
          }
        }
      }
    }
    report(tally, verbose);
    assertThat(tally.problems).as("seed %d", seed).isEmpty();
    assertThat(tally.states).isGreaterThanOrEqualTo(least);
  }

  /** REX.W exists in 64-bit mode only. */
  static boolean encodable(Form form, Mode mode) {
    boolean wide = form.pattern().wide() || form.has(Form.Attribute.W64);
    return form.validIn(mode) && (mode == Mode.BITS64 || !wide);
  }

  private static void report(Tally tally, boolean verbose) {
    System.out.println(
        "real CPU: "
            + tally.states
            + " states of "
            + tally.rows
            + " rows compared "
            + tally.byMode);
    System.out.println("real CPU: by exception (1: none) " + tally.byVector);
    tally.excluded.forEach((e, rows) ->
        System.out.println(
            "real CPU: " + rows + " rows partly or wholly not compared: " + e.reason));
    if (verbose) {
      System.out.println("real CPU: states by mnemonic " + tally.byMnemonic);
    }
  }

  /** One row in one mode. */
  private record RowComparison(
      RealCpu cpu, Mode mode, Form form, SplittableRandom random, Tally tally) {

    void run(int states) throws IOException {
      FormSampler forms = new FormSampler(random.split(), cpu.layout());
      StateSampler stateSampler = new StateSampler(random.split(), cpu.layout());
      Set<Exclusion> excluded = EnumSet.noneOf(Exclusion.class);
      int compared = 0;
      for (int i = 0; i < states; i += STATES_PER_SAMPLE) {
        Optional<FormSampler.Sample> sample = forms.sample(form, mode);
        if (sample.isEmpty()) {
          tally.problems.add(mode + " " + form + ": no encoding found");
          return;
        }
        Optional<Exclusion> exclusion = Exclusion.of(sample.get());
        if (exclusion.isEmpty()) {
          compared += compareSample(sample.get(), stateSampler);
        } else {
          excluded.add(exclusion.get());
          checkDelegated(sample.get(), exclusion.get(), stateSampler);
        }
      }
      excluded.forEach(e -> tally.excluded.merge(e, 1, Integer::sum));
      if (compared > 0) {
        tally.rows++;
      } else if (excluded.isEmpty()) {
        tally.problems.add(mode + " " + form + ": never compared, and no exclusion says why");
      }
    }

    private void checkDelegated(
        FormSampler.Sample sample, Exclusion exclusion, StateSampler sampler) {
      CpuState state = sampler.sample(sample.instruction());
      boolean ours =
          SandboxCpu.run(cpu.layout(), sample.instruction(), state, false)
              instanceof SandboxCpu.Expected.Done;
      if (ours == exclusion.delegated) {
        tally.problems.add(exclusion + " does not hold of " + sample.instruction());
      }
    }

    private int compareSample(FormSampler.Sample sample, StateSampler sampler) throws IOException {
      Instruction instruction = sample.instruction();
      List<CpuState> states = new ArrayList<>();
      List<SandboxCpu.Expected.Done> expected = new ArrayList<>();
      for (int i = 0; i < STATES_PER_SAMPLE; i++) {
        CpuState state = sampler.sample(instruction);
        if (SandboxCpu.run(cpu.layout(), instruction, state, false)
            instanceof SandboxCpu.Expected.Done done) {
          states.add(state);
          expected.add(done);
        }
      }
      if (states.isEmpty()) {
        return 0;
      }
      List<CpuOutcome> real = cpu.run(mode, sample.code(), states);
      for (int i = 0; i < states.size(); i++) {
        CpuState state = states.get(i);
        CpuOutcome zeros = expected.get(i).outcome(real.get(i).vector());
        CpuOutcome ones =
            !expected.get(i).undefined().isEmpty()
                    && SandboxCpu.run(cpu.layout(), instruction, state, true)
                        instanceof SandboxCpu.Expected.Done done
                ? done.outcome(real.get(i).vector())
                : zeros;
        tally.states++;
        tally.byMnemonic.merge(form.mnemonic, 1, Integer::sum);
        tally.byMode.merge(mode, 1, Integer::sum);
        tally.byVector.merge(zeros.vector(), 1, Integer::sum);
        Optional<String> difference = difference(state, zeros, ones, real.get(i));
        if (difference.isPresent() && tally.problems.size() < 40) {
          tally.problems.add(
              String.join(
                  "\n  ",
                  mode + " " + form + ": " + difference.get(),
                  HexFormat.ofDelimiter(" ").formatHex(sample.code()) + " " + instruction,
                  "from " + state,
                  "ours " + zeros,
                  "real " + real.get(i)));
        }
      }
      return states.size();
    }

    /** The first thing in which the processor differs from what our semantics allow. */
    private Optional<String> difference(
        CpuState state, CpuOutcome zeros, CpuOutcome ones, CpuOutcome real) {
      if (zeros.vector() != ones.vector()) {
        // Undefined bits decide about an exception: the processor must have done one or the other.
        CpuOutcome chosen = real.vector() == zeros.vector() ? zeros : ones;
        return chosen.vector() == real.vector()
            ? difference(state, chosen, chosen, real)
            : Optional.of("vector");
      }
      if (real.vector() != zeros.vector()) {
        return Optional.of("vector");
      }
      if (real.rip() != zeros.rip()) {
        return Optional.of("rip");
      }
      for (Gpr gpr : Gpr.values()) {
        int i = gpr.ordinal();
        long ignored = zeros.gpr()[i] ^ ones.gpr()[i];
        if (mode != Mode.BITS64 && gpr == Gpr.RSP) {
          ignored |= 0xffff_ffffL << 32; // lost on the way through the kernel
        }
        if (((real.gpr()[i] ^ zeros.gpr()[i]) & ~ignored) != 0) {
          return Optional.of(gpr.name());
        }
      }
      long ignoredFlags = zeros.flags() ^ ones.flags() | RESUME_FLAG;
      for (Flag flag : Flag.values()) {
        long differ = (real.flags() ^ zeros.flags()) & ~ignoredFlags;
        if ((differ >>> flag.bit() & 1) != 0) {
          return Optional.of(flag.name());
        }
      }
      Set<Integer> touched = new TreeSet<>(zeros.changed().keySet());
      touched.addAll(ones.changed().keySet());
      touched.addAll(real.changed().keySet());
      for (int at : touched) {
        long filling = state.word(at / 8);
        long ours = zeros.changed().getOrDefault(at, filling);
        long ignored = ours ^ ones.changed().getOrDefault(at, filling);
        if (((real.changed().getOrDefault(at, filling) ^ ours) & ~ignored) != 0) {
          return Optional.of("memory at " + at);
        }
      }
      return Optional.empty();
    }
  }

  private static boolean onPath(String program) {
    for (String directory : System.getenv("PATH").split(":")) {
      if (Path.of(directory, program).toFile().canExecute()) {
        return true;
      }
    }
    return false;
  }
}
