package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What is undefined, and nothing else is: without this a semantics that calls every flag undefined
 * would agree with any processor.
 */
class UndefinedTest {

  /**
   * SDM vol. 1 table A-2, the entries "—", and results the instructions' own pages call undefined;
   * mnemonics not listed leave nothing undefined. CLI and STI stand for CR4.PVI, which is unknown
   * (VIF is clear in these states).
   */
  private static final String TABLE =
      """
      AAA   OF SF ZF PF
      AAS   OF SF ZF PF
      AAD   OF AF CF
      AAM   OF AF CF
      DAA   OF
      DAS   OF
      AND   AF
      OR    AF
      XOR   AF
      TEST  AF
      MUL   SF ZF AF PF
      IMUL  SF ZF AF PF
      DIV   CF OF SF ZF AF PF
      IDIV  CF OF SF ZF AF PF
      SHL   OF AF CF
      SHR   OF AF CF
      SAR   OF AF
      ROL   OF
      ROR   OF
      RCL   OF
      RCR   OF
      SHLD  OF AF CF SF ZF PF result
      SHRD  OF AF CF SF ZF PF result
      BT    OF SF AF PF
      BTS   OF SF AF PF
      BTR   OF SF AF PF
      BTC   OF SF AF PF
      BSF   OF SF AF PF CF result
      BSR   OF SF AF PF CF result
      TZCNT OF SF AF PF
      LZCNT OF SF AF PF
      BSWAP result
      CLI   exception
      STI   exception VIF
      """;

  private final RealCpu.Layout layout = Sandbox.layout(3);
  private final SplittableRandom random = new SplittableRandom(2026);

  @Test
  void exactlyWhatTheManualLeavesUndefined() {
    Map<Mnemonic, TreeSet<String>> found = new EnumMap<>(Mnemonic.class);
    forEverySample((sample, state) -> {
      var zeros = SandboxCpu.run(layout, sample.instruction(), state, false);
      var ones = SandboxCpu.run(layout, sample.instruction(), state, true);
      if (zeros instanceof SandboxCpu.Expected.Done z
          && ones instanceof SandboxCpu.Expected.Done o) {
        TreeSet<String> differences = differences(z.outcome(), o.outcome());
        if (!differences.isEmpty()) {
          found
              .computeIfAbsent(sample.instruction().mnemonic(), key -> new TreeSet<>())
              .addAll(differences);
        }
      }
    });
    Map<Mnemonic, TreeSet<String>> expected = new EnumMap<>(Mnemonic.class);
    TABLE
        .lines()
        .map(line -> List.of(line.split("\\s+")))
        .forEach(words ->
            expected.put(
                Mnemonic.valueOf(words.getFirst()), new TreeSet<>(words.subList(1, words.size()))));
    assertThat(found).isEqualTo(expected);
  }

  /** So that a replay can be given the undefined bits of a symbolic run, one by one. */
  @Test
  void howManyUndefinedValuesDependsOnTheBytesAlone() {
    Map<String, Integer> counts = new HashMap<>();
    forEverySample((sample, state) -> {
      if (SandboxCpu.run(layout, sample.instruction(), state, false)
              instanceof SandboxCpu.Expected.Done done
          && done.outcome().vector() == CpuOutcome.STEPPED
          && sample.instruction().repeat() == Repeat.NONE) {
        int count = done.undefined().size();
        String key = sample.instruction().toString();
        assertThat(counts.merge(key, count, (a, b) -> a)).as(key).isEqualTo(count);
      }
    });
    assertThat(counts).isNotEmpty();
  }

  @Test
  void zeroingIdiomsCarryNoData() {
    List<Instruction> idioms =
        List.of(
            Sandbox.decode(Mode.BITS64, 0x31, 0xC0), // xor eax,eax
            Sandbox.decode(Mode.BITS64, 0x45, 0x31, 0xC9), // xor r9d,r9d
            Sandbox.decode(Mode.BITS64, 0x30, 0xE4), // xor ah,ah
            Sandbox.decode(Mode.BITS64, 0x48, 0x29, 0xDB)); // sub rbx,rbx
    for (Instruction idiom : idioms) {
      var first = Sandbox.run(layout, idiom, sampler().sample(idiom), false);
      var second = Sandbox.run(layout, idiom, sampler().sample(idiom), false);
      assertThat(first.undefined()).as("%s", idiom).isEqualTo(second.undefined());
    }
    Instruction other = Sandbox.decode(Mode.BITS64, 0x31, 0xC8); // xor eax,ecx
    assertThat(Sandbox.run(layout, other, sampler().sample(other), false).undefined())
        .isNotEqualTo(Sandbox.run(layout, other, sampler().sample(other), false).undefined());
  }

  private interface Check {
    void of(FormSampler.Sample sample, CpuState state);
  }

  private void forEverySample(Check check) {
    FormSampler forms = new FormSampler(random.split(), layout);
    StateSampler states = sampler();
    for (Mode mode : Mode.values()) {
      for (Row row : Forms.ROWS) {
        if (row instanceof Form form && RealCpuTest.encodable(form, mode)) {
          for (int i = 0; i < 12; i++) {
            FormSampler.Sample sample = forms.sample(form, mode).orElseThrow();
            for (int j = 0; j < 16; j++) {
              check.of(sample, states.sample(sample.instruction()));
            }
          }
        }
      }
    }
  }

  private StateSampler sampler() {
    return new StateSampler(random.split(), layout);
  }

  private static TreeSet<String> differences(CpuOutcome zeros, CpuOutcome ones) {
    TreeSet<String> differences = new TreeSet<>();
    if (zeros.vector() != ones.vector()) {
      differences.add("exception");
    }
    for (Flag flag : Flag.values()) {
      if (((zeros.flags() ^ ones.flags()) >>> flag.bit() & 1) != 0) {
        differences.add(flag.name());
      }
    }
    if (!Arrays.equals(zeros.gpr(), ones.gpr()) || !zeros.changed().equals(ones.changed())) {
      differences.add("result");
    }
    return differences;
  }
}
