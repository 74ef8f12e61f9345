package dev.postern.loader.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The module on a stock kernel inside an emulated processor, with a guest: {@code
 * src/test/emulator}. Minutes, and more where the machine is busy.
 */
class EmulatorTest {

  private static final List<Path> NEEDED =
      List.of(
          Path.of("/usr/bin/bochs"),
          Path.of("/usr/bin/genisoimage"),
          Path.of("/usr/lib/ISOLINUX/isolinux.bin"),
          Path.of("/bin/busybox"),
          Path.of("/usr/bin/cpio"),
          Path.of("/usr/bin/gcc"),
          Path.of("/usr/bin/make"));

  private static final String HELD = "POSTERN ok java: ";
  private static final String PROCESSOR = "POSTERN processor ";

  @TempDir Path directory;

  @Test
  @Tag("emulator")
  void everyCallOfTheAbiRightAndWrong() throws Exception {
    Optional<Path> headers = newestHeaders();
    List<Path> missing = new ArrayList<>(NEEDED.stream().filter(p -> !Files.exists(p)).toList());
    if (headers.isEmpty()) {
      missing.add(Path.of("/usr/src/linux-headers-*-amd64"));
    }
    if (!missing.isEmpty()) {
      skip("no " + missing);
    }
    String release =
        String.valueOf(headers.orElseThrow().getFileName()).substring("linux-headers-".length());
    Path module = directory.resolve("module");
    Files.createDirectory(module);
    try (Stream<Path> files = Files.list(Path.of("kernel"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, module.resolve(file.getFileName()));
      }
    }
    run(module, "make", "-s", "-C", headers.get().toString(), "M=" + module, "modules");
    if (status(directory, "apt-get", "download", "-qq", "linux-image-" + release) != 0) {
      skip("no linux-image-" + release);
    }
    Path image;
    try (Stream<Path> files = Files.list(directory)) {
      image = files.filter(file -> file.toString().endsWith(".deb")).findFirst().orElseThrow();
    }
    run(directory, "dpkg", "-x", image.toString(), "kernel");
    long start = System.nanoTime();
    String output =
        run(
            directory,
            Path.of("src/test/emulator/run").toAbsolutePath().toString(),
            directory.resolve("work").toString(),
            module.resolve("postern.ko").toString(),
            directory.resolve("kernel").toString(),
            java(directory.resolve("java")).toString());
    List<String> lines = output.lines().toList();
    assertThat(lines)
        .contains("POSTERN RESULT PASS", "POSTERN java 0", "POSTERN rmmod 0", "POSTERN END");
    assertThat(lines).noneMatch(line -> line.startsWith("POSTERN FAILED"));
    // What a reader of the build's output wants to know: the loader's part, in words.
    lines.stream()
        .filter(line -> line.startsWith(HELD))
        .forEach(line -> System.out.println("held: " + line.substring(HELD.length())));
    System.out.println(
        "the module on "
            + release
            + " in the emulator: "
            + lines.stream().filter(line -> line.startsWith("POSTERN ok")).count()
            + " checks held, "
            + lines.stream().filter(line -> line.startsWith(HELD)).count()
            + " of them the loader's own, "
            + (System.nanoTime() - start) / 1_000_000_000
            + " s; "
            + lines.stream()
                .filter(line -> line.startsWith(PROCESSOR))
                .map(line -> line.substring(PROCESSOR.length()))
                .findFirst()
                .orElse("unknown")
            + " of processor time");
  }

  private static void skip(String reason) {
    System.out.println("SKIPPED: the kernel module in the emulator: " + reason);
    Assumptions.abort(reason);
  }

  /** A small Java runtime and the loader with what it needs, as they go into the emulator. */
  private static Path java(Path directory) throws Exception {
    Path libraries = Files.createDirectories(directory.resolve("app/lib"));
    Path classes = Files.createDirectories(directory.resolve("app/classes"));
    run(
        directory,
        Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
        "--add-modules",
        "java.base,java.logging,java.naming",
        "--strip-debug",
        "--no-header-files",
        "--no-man-pages",
        "--generate-cds-archive",
        "--output",
        "jre");
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    for (String entry : path.split(":")) {
      Path from = Path.of(entry);
      if (Files.isDirectory(from)) {
        run(directory, "cp", "-r", from + "/.", classes.toString());
      } else if (entry.matches(".*/(jackson-core|bc[a-z]+-jdk18on|model|signer)-[^/]*\\.jar")) {
        Files.copy(from, libraries.resolve(from.getFileName()));
      }
    }
    return directory;
  }

  private static Optional<Path> newestHeaders() throws IOException {
    Path sources = Path.of("/usr/src");
    if (!Files.isDirectory(sources)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.list(sources)) {
      return all.filter(path -> path.getFileName().toString().matches("linux-headers-.*-amd64"))
          .max(Comparator.naturalOrder());
    }
  }

  private static int status(Path directory, String... command)
      throws IOException, InterruptedException {
    return new ProcessBuilder(command).directory(directory.toFile()).inheritIO().start().waitFor();
  }

  private static String run(Path directory, String... command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
