package dev.postern.signer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** A token of SoftHSM2's, in a directory of its own. */
public final class SoftHsm {

  public static final String PIN = "1234";

  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/usr/lib/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"));

  private final Path directory;
  private final Path configuration;

  private SoftHsm(Path directory, Path configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  public static Path library() {
    return installed().orElseThrow();
  }

  private static Optional<Path> installed() {
    return LIBRARIES.stream().filter(Files::isRegularFile).findFirst();
  }

  /** A fresh token; skips the test, saying so, where SoftHSM2 is not installed. */
  public static SoftHsm create(Path directory) throws IOException, InterruptedException {
    if (installed().isEmpty()) {
      System.out.println("SKIPPED: softhsm2: not installed");
    }
    Assumptions.assumeTrue(installed().isPresent(), "softhsm2 is not installed");
    Path tokens = Files.createDirectory(directory.resolve("tokens"));
    Path configuration =
        Files.writeString(
            directory.resolve("softhsm2.conf"),
            "directories.tokendir = " + tokens + "\nobjectstore.backend = file\n");
    SoftHsm hsm = new SoftHsm(directory, configuration);
    hsm.execute(
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "postern",
        "--pin",
        PIN,
        "--so-pin",
        "5678");
    return hsm;
  }

  /** Runs the main method of a class with this token; what it printed. */
  public String run(Class<?> main) throws IOException, InterruptedException {
    return execute(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        main.getName(),
        directory.toString());
  }

  private String execute(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("SOFTHSM2_CONF", configuration.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
