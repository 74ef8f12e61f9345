package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Integer code as gcc emits it is decoded from end to end, at every optimisation level. */
class CompilerOutputTest {

  @ParameterizedTest
  @ValueSource(strings = {"-O0", "-O1", "-O2", "-O3", "-Os"})
  void everyInstructionIsInTheTable(String level, @TempDir Path directory)
      throws IOException, InterruptedException {
    if (!Files.exists(Path.of("/usr/bin/gcc")) || !Files.exists(Path.of("/usr/bin/objcopy"))) {
      System.out.println("SKIPPED: compiler output " + level + ": no gcc or no objcopy");
      return;
    }
    Path object = directory.resolve("code.o");
    Path binary = directory.resolve("code.bin");
    run(
        "gcc",
        level,
        "-mgeneral-regs-only",
        "-ffreestanding",
        "-fcf-protection=full",
        "-c",
        "-o",
        object.toString(),
        "src/test/native/integer_code.c");
    run("objcopy", "-O", "binary", "-j", ".text", object.toString(), binary.toString());
    byte[] code = Files.readAllBytes(binary);
    List<String> strangers = new ArrayList<>();
    int instructions = 0;
    int at = 0;
    while (at < code.length) {
      if (Decoder.decode(code, at, code.length, Mode.BITS64) instanceof Instruction instruction) {
        at += instruction.length();
        instructions++;
      } else {
        strangers.add(at + ": " + Decoder.decode(code, at, code.length, Mode.BITS64));
        at++;
      }
    }
    assertThat(strangers).isEmpty();
    assertThat(instructions).isGreaterThan(200);
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }
}
