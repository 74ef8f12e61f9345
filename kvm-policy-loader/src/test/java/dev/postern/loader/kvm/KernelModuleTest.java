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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The module builds against the distribution's kernel headers without a warning. */
class KernelModuleTest {

  private static final Path KERNEL = Path.of("kernel").toAbsolutePath();

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void buildsWithoutAWarning() throws Exception {
    Optional<Path> headers = headers();
    if (headers.isEmpty()) {
      System.out.println(
          "SKIPPED: the kernel module: no kernel headers; apt has linux-headers-amd64");
      return;
    }
    List<String> command =
        new ArrayList<>(
            List.of("make", "-C", headers.get().toString(), "M=" + directory, "W=1", "modules"));
    if (sparse()) {
      command.addAll(List.of("C=2", "CF=-Wno-unknown-attribute"));
    } else {
      System.out.println("SKIPPED: sparse over the kernel module: not installed");
    }
    try (Stream<Path> files = Files.list(KERNEL)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    Process make = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(make.waitFor()).as(output).isZero();
    assertThat(output.lines().filter(line -> line.matches(".*(warning|error):.*"))).isEmpty();
    assertThat(directory.resolve("postern.ko")).exists();
    System.out.println("the kernel module builds against " + headers.get().getFileName());
  }

  private static Optional<Path> headers() throws IOException {
    Path sources = Path.of("/usr/src");
    if (!Files.isDirectory(sources)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.list(sources)) {
      return all.filter(path -> path.getFileName().toString().matches("linux-headers-.*-amd64"))
          .max(Comparator.naturalOrder());
    }
  }

  private static boolean sparse() throws InterruptedException {
    try {
      return new ProcessBuilder("sparse", "--version").start().waitFor() == 0;
    } catch (IOException _) {
      return false;
    }
  }
}
