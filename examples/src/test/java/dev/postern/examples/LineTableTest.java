package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.elf.ElfException;
import dev.postern.dsl.elf.ElfReader;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Location;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The C lines of compiled code, against objdump and against damaged tables. */
class LineTableTest {

  private static final Pattern ROW =
      Pattern.compile("vhost_tx\\.c\\s+([1-9]\\d*)\\s+(?:0x)?([0-9a-f]+)\\b.*");

  @ParameterizedTest
  @ValueSource(strings = {"gcc-O1", "gcc-O2", "gcc-O3", "clang-O2", "clang-Os"})
  void rowsAreThoseOfObjdump(String name) throws Exception {
    Path object = Examples.file("vhost-tx-c/" + name + ".o");
    Set<String> expected = new TreeSet<>();
    for (String line : objdump(object)) {
      Matcher row = ROW.matcher(line.strip());
      if (row.matches()) {
        expected.add(row.group(2) + ":" + row.group(1));
      }
    }
    Set<String> actual = new TreeSet<>();
    for (CodeImage.Line line : lines(Files.readAllBytes(object))) {
      if (line.location().line() > 0) {
        assertThat(line.location().file()).isEqualTo("vhost_tx.c");
        actual.add(Integer.toHexString(line.offset()) + ":" + line.location().line());
      }
    }

    assertThat(actual).isEqualTo(expected).hasSizeGreaterThan(40);
  }

  @Test
  void findingNamesTheLineOfTheCopy() throws IOException {
    Report report =
        Verifier.verify(
            Examples.compile(Examples.file("vhost-tx-c/bug-off-by-one.postern")), Options.DEFAULT);

    List<String> source = Files.readAllLines(Examples.file("vhost-tx-c/vhost_tx.c"));
    assertThat(report.findings())
        .filteredOn(finding -> finding.verdict() == Verdict.REFUTED)
        .isNotEmpty()
        .allSatisfy(finding -> {
          Location location = finding.location().orElseThrow();
          assertThat(location.file()).isEqualTo("vhost_tx.c");
          assertThat(source.get(location.line() - 1)).contains("rep movsb");
        });
  }

  @Test
  void damagedTablesAreReadOrRefused() throws Exception {
    byte[] whole = Files.readAllBytes(Examples.file("vhost-tx-c/gcc-O2.o"));
    int start = find(whole, new byte[] {5, 0, 8, 0}) - 4;
    long seed = 20;
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 4000; i++) {
      byte[] damaged = whole.clone();
      for (int j = random.nextInt(3); j >= 0; j--) {
        damaged[start + random.nextInt(0x180)] = (byte) random.nextInt(256);
      }
      try {
        lines(damaged);
      } catch (ElfException e) {
        refused++;
      }
    }
    assertThat(refused).as("refused of 4000, seed %d", seed).isPositive();
  }

  /** Where the .debug_line unit's version, address and selector sizes stand. */
  private static int find(byte[] bytes, byte[] pattern) {
    for (int i = 64; i < bytes.length - pattern.length; i++) {
      boolean same = true;
      for (int j = 0; j < pattern.length; j++) {
        same &= bytes[i + j] == pattern[j];
      }
      if (same) {
        return i;
      }
    }
    throw new IllegalStateException("no line table");
  }

  private static List<CodeImage.Line> lines(byte[] object) throws ElfException {
    CodeUnit unit = ElfReader.read("vhost-tx", Bytes.of(object));
    List<CodeImage.Line> lines = new ArrayList<>();
    unit.sectionsNamed(".protected").forEach(section -> lines.addAll(section.lines()));
    return lines;
  }

  private static List<String> objdump(Path object) throws Exception {
    try {
      Process process =
          new ProcessBuilder("objdump", "--dwarf=decodedline", object.toString()).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return text.lines().toList();
    } catch (IOException absent) {
      System.out.println("SKIPPED: line tables against objdump: objdump is not installed");
      Assumptions.abort("objdump is not installed");
      return List.of();
    }
  }
}
