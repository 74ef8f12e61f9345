package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The disassembler's text, read by GNU as, gives the encoder's bytes: a check of all operands, not
 * only of lengths, by somebody who shares no table with us. Differences are named.
 */
class GnuAsTest {

  /** An instruction that GNU as did not turn into our bytes; {@code theirs} is empty if refused. */
  record Case(Instruction ours, String text, Optional<Instruction> theirs) {
    boolean is(Mnemonic... mnemonics) {
      return List.of(mnemonics).contains(ours.mnemonic());
    }
  }

  enum Difference {
    /** {@code call far dword ptr} is our spelling; GNU has suffixes and {@code fword ptr}. */
    FAR_POINTER_IN_MEMORY_IS_SPELT_OTHERWISE(c -> c.is(Mnemonic.CALL_FAR, Mnemonic.JMP_FAR)),
    /** In 16-bit mode a dword pointer is far to GNU as. */
    DWORD_POINTER_IS_FAR_IN_16_BIT_MODE(c ->
        c.ours.mode() == Mode.BITS16
            && c.ours.operandSize() == 32
            && c.is(Mnemonic.CALL, Mnemonic.JMP)),
    /** In no manual for long, and in no GNU tool; {@link RealCpuTest} executes it. */
    UNKNOWN_TO_GNU(c -> c.is(Mnemonic.SALC)),
    /** Its result is undefined; GNU as refuses it. */
    BSWAP_OF_16_BITS(c -> c.is(Mnemonic.BSWAP) && c.ours.operandSize() == 16),
    /** GNU as knows no far pointer with a 64-bit offset here. */
    FAR_LOADS_OF_80_BITS(
        c -> c.is(Mnemonic.LSS, Mnemonic.LFS, Mnemonic.LGS) && c.ours.operandSize() == 64),
    /** GNU as wants the size said, l or q. */
    SYSRET_AND_SYSEXIT_NEED_A_SUFFIX(c -> c.is(Mnemonic.SYSRET, Mnemonic.SYSEXIT)),
    /** GNU as drops REX.W: the 32-bit form zero-extends to the same value. */
    SELECTOR_INTO_64_BITS(c ->
        c.is(Mnemonic.MOV, Mnemonic.SLDT, Mnemonic.STR)
            && c.ours.operandSize() == 64
            && c.theirs.filter(t -> t.operandSize() == 32).isPresent()),
    /** GNU as uses the accumulator's short form, or NOP, for an exchange either way round. */
    EXCHANGE_EITHER_WAY_ROUND(c ->
        c.is(Mnemonic.XCHG)
            && c.theirs
                .filter(t ->
                    t.mnemonic() == Mnemonic.NOP
                        || t.operands().equals(c.ours.operands().reversed()))
                .isPresent());

    private final Predicate<Case> predicate;

    Difference(Predicate<Case> predicate) {
      this.predicate = predicate;
    }

    static Optional<Difference> of(Case c) {
      return Arrays.stream(values()).filter(d -> d.predicate.test(c)).findFirst();
    }
  }

  private static final Pattern ERROR = Pattern.compile(":(\\d+): Error:");

  @ParameterizedTest
  @EnumSource
  void textOfEveryRowAssemblesToOurBytes(Mode mode, @TempDir Path directory)
      throws IOException, InterruptedException {
    if (!Files.exists(Path.of("/usr/bin/as")) || !Files.exists(Path.of("/usr/bin/objcopy"))) {
      System.out.println("SKIPPED: GNU as: not installed");
      return;
    }
    Map<String, Instruction> instructions = instructions(mode);
    assertThat(instructions).hasSizeGreaterThan(8_000);
    List<String> lines = new ArrayList<>(List.of(".intel_syntax noprefix", ".code" + mode.bits()));
    for (String text : instructions.keySet()) {
      lines.add(".balign 16, 0xcc");
      lines.add(text);
    }
    Path source = directory.resolve("all.s");
    Path object = directory.resolve("all.o");
    Path binary = directory.resolve("all.bin");
    Files.write(source, lines);
    Set<Integer> refused = new HashSet<>();
    Matcher matcher = ERROR.matcher(run(directory, "as", "-o", "all.o", "all.s"));
    while (matcher.find()) {
      int line = Integer.parseInt(matcher.group(1)) - 1;
      refused.add(line);
      lines.set(line, "nop");
    }
    Files.write(source, lines);
    assertThat(run(directory, "as", "-o", "all.o", "all.s")).doesNotContain("Error");
    assertThat(object).exists();
    run(directory, "objcopy", "-O", "binary", "-j", ".text", "all.o", "all.bin");
    byte[] bytes = Files.readAllBytes(binary);
    Map<Difference, Integer> differences = new EnumMap<>(Difference.class);
    List<String> unexplained = new ArrayList<>();
    int same = 0;
    int slot = 0;
    for (Map.Entry<String, Instruction> entry : instructions.entrySet()) {
      int from = 16 * slot;
      int line = 3 + 2 * slot++;
      byte[] ours = Encoder.encode(entry.getValue()).orElseThrow();
      byte[] theirs = Arrays.copyOfRange(bytes, from, Math.min(from + 16, bytes.length));
      if (!refused.contains(line)
          && Arrays.equals(ours, 0, ours.length, theirs, 0, Math.min(ours.length, theirs.length))) {
        same++;
        continue;
      }
      Optional<Instruction> decoded =
          !refused.contains(line)
                  && Decoder.decode(theirs, 0, theirs.length, mode) instanceof Instruction i
              ? Optional.of(i)
              : Optional.empty();
      Difference.of(new Case(entry.getValue(), entry.getKey(), decoded))
          .ifPresentOrElse(
              difference -> differences.merge(difference, 1, Integer::sum),
              () ->
                  unexplained.add(
                      "%s: we %s, as %s"
                          .formatted(
                              entry.getKey(),
                              HexFormat.of().formatHex(ours),
                              refused.contains(line)
                                  ? "refuses"
                                  : HexFormat.of().formatHex(theirs))));
    }
    System.out.println("GNU as, " + mode + ": " + same + " the same, " + differences);
    assertThat(unexplained.stream().limit(20)).isEmpty();
  }

  /** Canonical instructions by their text. */
  private static Map<String, Instruction> instructions(Mode mode) {
    Map<String, Instruction> instructions = new LinkedHashMap<>();
    for (Row row : Forms.ROWS) {
      List<byte[]> samples = FormSamples.of(row.pattern());
      for (int i = 0; i < samples.size(); i += 6) {
        byte[] code = samples.get(i);
        if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction given) {
          byte[] bytes = Encoder.encode(given).orElseThrow();
          Instruction canonical = (Instruction) Decoder.decode(bytes, 0, bytes.length, mode);
          instructions.putIfAbsent(Disassembler.text(canonical), canonical);
        }
      }
    }
    return instructions;
  }

  private static String run(Path directory, String... command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output;
  }
}
