package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Bytes;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The object that ships is what GNU as makes of the source, by the command the source names. */
class VhostTxObjectTest {

  private static final Path SOURCE = Examples.file("vhost-tx/vhost_tx.S");

  @Test
  void objectIsAssembledFromTheSource(@TempDir Path directory) throws Exception {
    String command = command();
    assertThat(command).isEqualTo("as -o vhost_tx.o vhost_tx.S");
    skipWithoutAssembler();
    for (String file : List.of("vhost_tx.S", "fw-to-nat.postern")) {
      Files.copy(SOURCE.resolveSibling(file), directory.resolve(file));
    }

    assertThat(run(directory, command.split(" "))).isZero();

    assertThat(code(Examples.compile(directory.resolve("fw-to-nat.postern"))))
        .as("pages of the view made from a fresh object")
        .isEqualTo(code(Examples.policy("vhost-tx/fw-to-nat.postern")))
        .hasSize(2);
  }

  private static String command() throws IOException {
    return Files.readAllLines(SOURCE).stream()
        .filter(line -> line.startsWith("#     as "))
        .map(line -> line.substring(1).strip())
        .findFirst()
        .orElseThrow();
  }

  private static void skipWithoutAssembler() throws InterruptedException {
    boolean present;
    try {
      present = run(Path.of("."), "as", "--version") == 0;
    } catch (IOException absent) {
      present = false;
    }
    if (!present) {
      System.out.println("SKIPPED: vhost_tx.o against its source: GNU as is not installed");
    }
    Assumptions.assumeTrue(present, "GNU as is not installed");
  }

  private static int run(Path directory, String... command)
      throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static List<Bytes> code(Policy policy) {
    return policy.view("tx").orElseThrow().mappings().stream()
        .map(Mapping::image)
        .flatMap(image -> image.stream().map(i -> i.bytes()))
        .toList();
  }
}
