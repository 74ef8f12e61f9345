package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at a random moment of every command of the signing half that writes: what it writes is
 * afterwards the old file or the new one. The random moments have a printed seed.
 */
@Tag("slow")
class KillTest {

  private static final int ROUNDS = 6;

  @TempDir private Path directory;

  private final Random random = new Random(seed());

  private static long seed() {
    long seed = Long.getLong("postern.kill.seed", new Random().nextLong());
    System.out.println("kill seed " + seed);
    return seed;
  }

  @Test
  void everyWriterLeavesTheOldFileOrTheNew() throws Exception {
    String policy = System.getProperty("postern.root") + "/examples/vhost-tx/fw-to-nat.postern";
    Files.writeString(directory.resolve("secret"), "correct horse\n");
    run("key generate --name a --out a.key --passphrase-fd 3");
    run("trust init --out t.json --root a=a.key.crt --operator a=a.key.crt --max-bundle-days 0");
    run("bundle create " + policy + " --out fw.bundle");
    run("sign fw.bundle --key a.key --yes --detached a.p7s --passphrase-fd 3");
    run("trust rotate t.json --chain n.chain --floor fw-to-nat=1");

    killed("sign fw.bundle --key a.key --yes --passphrase-fd 3", "fw.bundle");
    killed("sign fw.bundle --key a.key --yes --detached b.p7s --passphrase-fd 3", "b.p7s");
    killed("bundle attach fw.bundle --signer a.key.crt a.p7s", "fw.bundle");
    killed("bundle tbs fw.bundle --out .", "summary.txt");
    killed("bundle export fw.bundle --vsa --key a.key --out v.json --passphrase-fd 3", "v.json");
    killed("bundle create " + policy + " --out again.bundle", "again.bundle");
    killed("trust sign n.chain --key a.key --yes --passphrase-fd 3", "n.chain");
    run("trust sign n.chain --key a.key --yes --passphrase-fd 3");
    killed("trust update t.json n.chain", "t.json");
    killed("trust rotate t.json --chain m.chain --floor fw-to-nat=2", "m.chain");
    killed(
        "trust init --out u.json --root a=a.key.crt --operator a=a.key.crt"
            + " --expires 2099-01-01T00:00:00Z",
        "u.json");
    keys();
  }

  /** The reference run says what is new; then it is killed, each time from the old state. */
  private void killed(String command, String file) throws Exception {
    Path written = directory.resolve(file);
    byte[] before = content(written);
    long began = System.nanoTime();
    run(command);
    long lasted = (System.nanoTime() - began) / 1_000_000;
    byte[] after = content(written);
    assertThat(Arrays.equals(before, after)).as("%s writes", command).isFalse();
    for (int i = 0; i < ROUNDS; i++) {
      restore(written, before);
      kill(command, lasted);
      byte[] now = content(written);
      assertThat(Arrays.equals(now, before) || Arrays.equals(now, after))
          .as("after kill -9 of %s", command)
          .isTrue();
    }
    restore(written, before);
  }

  /** Fresh keys are never the same: what is there must be a whole key with its certificate. */
  private void keys() throws Exception {
    long began = System.nanoTime();
    run("key generate --name k --out k.key --passphrase-fd 3");
    long lasted = (System.nanoTime() - began) / 1_000_000;
    for (int i = 0; i < ROUNDS; i++) {
      Files.deleteIfExists(directory.resolve("k.key"));
      Files.deleteIfExists(directory.resolve("k.key.crt"));
      kill("key generate --name k --out k.key --passphrase-fd 3", lasted);
      if (Files.exists(directory.resolve("k.key"))) {
        run("sign fw.bundle --key k.key --yes --detached k.p7s --passphrase-fd 3");
      }
    }
  }

  private static byte[] content(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
  }

  private static void restore(Path file, byte[] content) throws IOException {
    if (content.length == 0) {
      Files.deleteIfExists(file);
    } else {
      Files.write(file, content);
    }
  }

  private void run(String command) throws Exception {
    Process process = start(command);
    assertThat(process.waitFor())
        .as("%s: %s", command, Files.readString(directory.resolve("log")))
        .isZero();
  }

  /** Kills it within the time a whole run takes: sometimes it is done before. */
  private void kill(String command, long lasted) throws Exception {
    Process process = start(command);
    if (!process.waitFor(random.nextLong(lasted + 1), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  private Process start(String command) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "exec \"$@\" 3<secret",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.postern.cli.Main"));
    line.addAll(List.of(command.split(" ")));
    return new ProcessBuilder(line)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("log").toFile())
        .start();
  }
}
