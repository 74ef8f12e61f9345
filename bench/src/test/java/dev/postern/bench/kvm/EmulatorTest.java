package dev.postern.bench.kvm;

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
 * The module, the loader and the command line on a stock kernel inside an emulated processor, with
 * guests: {@code src/test/emulator} of the loader. One start of it for all three, as that takes
 * most of the time. Minutes, and more where the machine is busy.
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

  private static final Path ROOT = Path.of(System.getProperty("postern.root"));

  private static final Path LOADER = ROOT.resolve("kvm-policy-loader");

  /** What the launcher runs. */
  private static final Path DISTRIBUTION = ROOT.resolve("cli/target/dist/lib");

  /** Solvers: large, and nothing that a host loads. */
  private static final String SOLVERS = "(z3|cvc5|javasmt)-.*";

  private static final String HELD = "POSTERN ok ";
  private static final String LOADERS = "java: ";
  private static final String PROVED = "the proved gate: ";
  private static final String COMMANDS = "the command line: ";

  /** Of the command line, at the least. */
  private static final int CHECKS = 12;

  /** Of the proved gate. */
  private static final int PROVED_CHECKS = 26;

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
    String release = name(headers.orElseThrow()).substring("linux-headers-".length());
    Path module = directory.resolve("module");
    Files.createDirectory(module);
    try (Stream<Path> files = Files.list(LOADER.resolve("kernel"))) {
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
            LOADER.resolve("src/test/emulator/run").toString(),
            directory.resolve("work").toString(),
            module.resolve("postern.ko").toString(),
            directory.resolve("kernel").toString(),
            java(directory.resolve("java")).toString());
    List<String> lines = output.lines().toList();
    assertThat(lines)
        .contains("POSTERN RESULT PASS", "POSTERN java 0", "POSTERN rmmod 0", "POSTERN END");
    assertThat(lines).noneMatch(line -> line.startsWith("POSTERN FAILED"));
    List<String> held =
        lines.stream()
            .filter(line -> line.startsWith(HELD))
            .map(line -> line.substring(HELD.length()))
            .toList();
    List<String> loaders = held.stream().filter(line -> line.startsWith(LOADERS)).toList();
    List<String> proved = held.stream().filter(line -> line.startsWith(PROVED)).toList();
    List<String> commands = held.stream().filter(line -> line.startsWith(COMMANDS)).toList();
    // What a reader of the build's output wants to know: Java's part, in words.
    loaders.forEach(line -> System.out.println("held: " + line.substring(LOADERS.length())));
    proved.forEach(line -> System.out.println("held: " + line));
    commands.forEach(line -> System.out.println("held: " + line));
    assertThat(proved).hasSizeGreaterThanOrEqualTo(PROVED_CHECKS);
    assertThat(commands).hasSizeGreaterThanOrEqualTo(CHECKS);
    System.out.println(
        "the module on "
            + release
            + " in the emulator: "
            + held.size()
            + " checks held, "
            + loaders.size()
            + " of them the loader's own, "
            + proved.size()
            + " of a gate that was proved and "
            + commands.size()
            + " the command line's, "
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

  /** A small Java runtime, the distribution, and the tests that run there. */
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
    // For heaps of a size that is not had there.
    Files.delete(directory.resolve("jre/lib/server/classes_nocoops.jsa"));
    try (Stream<Path> jars = Files.list(DISTRIBUTION)) {
      for (Path jar : jars.filter(jar -> !name(jar).matches(SOLVERS)).toList()) {
        Files.copy(jar, libraries.resolve(name(jar)));
      }
    }
    run(directory, "cp", "-r", LOADER.resolve("target/test-classes") + "/.", classes.toString());
    sign(directory.resolve("bundles"));
    return directory;
  }

  /** The policy of the guest, verified and signed here by the command line. */
  private static void sign(Path bundles) throws Exception {
    Files.createDirectory(bundles);
    run(
        bundles,
        ROOT.resolve("bench/kvm/sign").toString(),
        bundles.toString(),
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        DISTRIBUTION + "/*",
        "dev.postern.cli.Main");
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static Optional<Path> newestHeaders() throws IOException {
    Path sources = Path.of("/usr/src");
    if (!Files.isDirectory(sources)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.list(sources)) {
      return all.filter(path -> name(path).matches("linux-headers-.*-amd64"))
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
