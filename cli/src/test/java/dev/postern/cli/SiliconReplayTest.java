package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.silicon.Emulator;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** {@code replay --silicon} on reports of examples. */
class SiliconReplayTest {

  private static final String ATTACKS = "../examples/attacks/";

  @TempDir private Path directory;

  static boolean bochs() {
    if (!Emulator.available()) {
      System.out.println("SKIPPED: replay --silicon: bochs is not installed");
    }
    return Emulator.available();
  }

  private Result replay(String policy) {
    Path report = directory.resolve("report.json");
    Result verified =
        Result.of(
            "verify",
            ATTACKS + policy + ".postern",
            "--format",
            "json",
            "--out",
            report.toString());
    assertThat(verified.status()).as(verified.err()).isEqualTo(1);
    return Result.of("replay", "--silicon", report.toString());
  }

  @Test
  @EnabledIf("bochs")
  void attackSucceedsOnTheFlawedPolicy() {
    Result replayed = replay("P03-exit-without-check");
    assertThat(replayed.out())
        .contains("executed: the attack succeeds")
        .contains("counterexamples executed")
        .doesNotContain("no attack is seen");
    assertThat(replayed.status()).as(replayed.out() + replayed.err()).isZero();
  }

  @Test
  @EnabledIf("bochs")
  void whatCannotRunIsSaidAndIsNoSuccess() {
    Result replayed = replay("T67-gate-without-fence");
    assertThat(replayed.out()).contains("not executed: it is about speculation");
    assertThat(replayed.status()).isEqualTo(3);
  }

  @Test
  @DisabledIf("bochs")
  void missingEmulatorIsTheEnvironmentsFailure() {
    Result replayed = replay("P03-exit-without-check");
    assertThat(replayed.err()).contains("bochs").contains("hint: apt-get install");
    assertThat(replayed.status()).isEqualTo(5);
  }
}
