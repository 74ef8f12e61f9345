package dev.postern.cli;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy that is read while the command line still is must be the one that is asked about. */
final class CompiledTest {

  private static final Path P1 = Path.of("..", "examples", "p1");
  private static final String RULE = "--rule=ept-well-formed";

  @TempDir private Path directory;

  @Test
  void everyRunReadsTheFileAnew() throws IOException {
    Path policy = directory.resolve("p1.postern");
    Files.writeString(policy, "not a policy\n");
    assertThat(verify(policy).status()).isEqualTo(2);
    copyProved();
    Result proved = verify(policy);
    assertThat(proved.status()).as(proved.err()).isZero();
    Files.writeString(policy, "not a policy\n");
    assertThat(verify(policy).status()).isEqualTo(2);
  }

  @Test
  void aWordThatIsNoPolicyIsReadInVain() throws IOException {
    Path policy = directory.resolve("p1.postern");
    copyProved();
    Path out = directory.resolve("out.postern");
    Result result =
        Result.of("verify", "--out", out.toString(), "--format", "json", policy.toString(), RULE);
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(out).isNotEmptyFile();
    assertThat(Result.of("verify", "\0.postern").status()).isEqualTo(2);
  }

  @Test
  void whatAnEarlierCommandLineBeganIsForgotten() throws IOException {
    Path policy = directory.resolve("p1.postern");
    Files.writeString(policy, "not a policy\n");
    assertThat(Result.of("verify", policy.toString(), "--no-such-option").status()).isEqualTo(2);
    copyProved();
    assertThat(Result.of("check", policy.toString()).status()).isZero();
  }

  private static Result verify(Path policy) {
    return Result.of("verify", policy.toString(), RULE);
  }

  private void copyProved() throws IOException {
    try (Stream<Path> files = Files.list(P1)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName()), REPLACE_EXISTING);
      }
    }
  }
}
