package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Bytes;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every object that ships is what GNU as makes of its source, by the command the source names. */
class ObjectsTest {

  @ParameterizedTest
  @CsvSource({
    "vhost-tx, vhost_tx, fw-to-nat.postern, tx",
    "vhost-rx, vhost_rx, nat-from-fw.postern, rx",
    "trusted-library, siphash, trusted-library.postern, library",
  })
  void objectIsAssembledFromItsSource(
      String example, String unit, String policy, String view, @TempDir Path directory)
      throws Exception {
    Path home = Examples.file(example);
    String command = command(home.resolve(unit + ".S"));
    assertThat(command).isEqualTo("as -o %1$s.o %1$s.S".formatted(unit));
    skipWithoutAssembler(unit);
    for (String file : List.of(unit + ".S", policy)) {
      Files.copy(home.resolve(file), directory.resolve(file));
    }

    assertThat(Tools.run(directory, command.split(" "))).isZero();

    assertThat(code(Examples.compile(directory.resolve(policy)), view))
        .as("pages of the view made from a fresh object")
        .isEqualTo(code(Examples.compile(home.resolve(policy)), view))
        .hasSize(2);
  }

  /** Compilers of one version make the same code of the same source; of others, code to prove. */
  @Test
  void compiledObjectsAreMadeFromTheirSource(@TempDir Path directory) throws Exception {
    Path home = Examples.file("vhost-tx-c");
    if (!compilers()) {
      System.out.println(
          "SKIPPED: vhost-tx-c objects against their source: gcc 12 or clang 14 is not installed");
    }
    Assumptions.assumeTrue(compilers(), "gcc 12 and clang 14 are not installed");

    assertThat(Tools.run(home, "./build.sh", directory.toString())).isZero();

    List<String> objects = objects(home);
    assertThat(objects(directory)).isEqualTo(objects).hasSizeGreaterThanOrEqualTo(16);
    Files.copy(home.resolve("platform.postern"), directory.resolve("platform.postern"));
    for (String object : objects) {
      String policy = object.replace(".o", ".postern");
      Files.copy(home.resolve(policy), directory.resolve(policy));
      assertThat(code(Examples.compile(directory.resolve(policy)), "tx"))
          .as("pages made from a fresh %s", object)
          .isEqualTo(code(Examples.compile(home.resolve(policy)), "tx"))
          .hasSize(2);
    }
  }

  @Test
  void compiledFunctionsAreMadeFromTheirSource(@TempDir Path directory) throws Exception {
    boolean compiler = Tools.output("gcc", "-dumpversion").startsWith("12");
    if (!compiler) {
      System.out.println(
          "SKIPPED: functions' objects against their source: gcc 12 is not installed");
    }
    Assumptions.assumeTrue(compiler, "gcc 12 is not installed");
    Path home = Examples.file("functions");

    assertThat(Tools.run(home, "./build.sh", directory.toString())).isZero();

    assertThat(objects(directory)).isEqualTo(objects(home)).hasSize(3);
    for (FunctionsTest.Function function : FunctionsTest.functions()) {
      for (String object : List.of("functions.o", "functions-bug.o")) {
        assertThat(code(FunctionsTest.policy(function, directory, object), "work"))
            .as("pages of %s made from a fresh %s", function, object)
            .isEqualTo(code(FunctionsTest.policy(function, home, object), "work"))
            .hasSize(3);
      }
    }
  }

  private static boolean compilers() throws Exception {
    return Tools.output("gcc", "-dumpversion").startsWith("12")
        && Tools.output("clang", "-dumpversion").startsWith("14");
  }

  private static List<String> objects(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".o"))
          .sorted()
          .toList();
    }
  }

  @Test
  void noObjectIsLeftOut() throws IOException {
    try (Stream<Path> files = Files.walk(Examples.ROOT)) {
      assertThat(
              files
                  .filter(file -> !file.getParent().endsWith("vhost-tx-c"))
                  .filter(file -> !file.getParent().endsWith("functions"))
                  .map(file -> file.getFileName().toString())
                  .filter(n -> n.endsWith(".o")))
          .containsExactlyInAnyOrder("vhost_tx.o", "vhost_rx.o", "siphash.o");
    }
  }

  private static String command(Path source) throws IOException {
    return Files.readAllLines(source).stream()
        .filter(line -> line.startsWith("#     as "))
        .map(line -> line.substring(1).strip())
        .findFirst()
        .orElseThrow();
  }

  private static void skipWithoutAssembler(String unit) throws InterruptedException {
    boolean present = Tools.found("as");
    if (!present) {
      System.out.println("SKIPPED: " + unit + ".o against its source: GNU as is not installed");
    }
    Assumptions.assumeTrue(present, "GNU as is not installed");
  }

  private static List<Bytes> code(Policy policy, String view) {
    return policy.view(view).orElseThrow().mappings().stream()
        .map(Mapping::image)
        .flatMap(image -> image.stream().map(i -> i.bytes()))
        .toList();
  }
}
