package dev.postern.signer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The machine's openssl, the outside opinion on what we sign and read. */
public final class Openssl {

  /** What a run answered. */
  public record Answer(int status, String output) {}

  private Openssl() {}

  /** Skips the test, saying so, where there is no openssl. */
  public static void require() {
    boolean present;
    try {
      present = run(Path.of("."), "version").status() == 0;
    } catch (UncheckedIOException e) {
      present = false;
    }
    if (!present) {
      System.out.println("SKIPPED: openssl: not installed");
    }
    Assumptions.assumeTrue(present, "openssl is not installed");
  }

  public static Answer run(Path directory, String... arguments) {
    return run(directory, Map.of(), arguments);
  }

  /** With further variables in its environment. */
  public static Answer run(Path directory, Map<String, String> variables, String... arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(arguments));
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
      builder.environment().putAll(variables);
      Process process = builder.start();
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      return new Answer(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public static void succeed(Path directory, String... arguments) {
    Answer answer = run(directory, arguments);
    assertThat(answer.status()).as(answer.output()).isZero();
  }

  /** The documented command, word for word (docs/bundle-format.md). */
  public static Answer cmsVerify(Path directory, String signature, String content, String pin) {
    return run(
        directory,
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        signature,
        "-content",
        content,
        "-nointern",
        "-certfile",
        pin,
        "-CAfile",
        pin,
        "-partial_chain",
        "-purpose",
        "any",
        "-no-CApath",
        "-no-CAstore",
        "-out",
        "/dev/null");
  }
}
