package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check without Postern, with the commands of docs/bundle-format.md as they stand there. */
class IndependentCheckTest {

  @TempDir Path directory;

  @BeforeEach
  void extract() throws Exception {
    for (String tool : List.of("tar", "openssl", "jq", "sha256sum")) {
      if (shell("command -v " + tool) != 0) {
        System.out.println("SKIPPED: independent check: " + tool + " is not installed");
        Assumptions.abort(tool + " is not installed");
      }
    }
    Bundle bundle = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    Files.write(directory.resolve("bundle"), bundle.bytes());
    Files.writeString(
        directory.resolve("op.crt"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(Samples.ALICE.certificate().getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    assertThat(shell("tar xf bundle")).isZero();
  }

  @Test
  void aGoodBundlePasses() throws Exception {
    assertThat(shell(documented())).isZero();
  }

  @Test
  void changedFilesFail() throws Exception {
    Files.writeString(directory.resolve(Bundle.SOURCE), "policy other version 1\n");
    assertThat(shell(documented())).isNotZero();
  }

  @Test
  void aChangedManifestFails() throws Exception {
    Path manifest = directory.resolve(Bundle.MANIFEST);
    Files.writeString(
        manifest, Files.readString(manifest).replace("\"version\":7", "\"version\":8"));
    assertThat(shell(documented())).isNotZero();
  }

  /** The script, over the archive as it is. */
  @Test
  void theScriptAgrees() throws Exception {
    String script = "bash '" + System.getProperty("postern.root") + "/docs/check-bundle.sh' ";
    assertThat(shell(script + "bundle 1 op.crt")).isZero();
    assertThat(shell(script + "bundle 2 op.crt")).isNotZero();
    Files.writeString(
        directory.resolve("other.crt"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(Samples.MALLORY.certificate().getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    assertThat(shell(script + "bundle 1 other.crt")).isNotZero();
    assertThat(shell(script + "bundle 1 other.crt op.crt")).isZero();
    Bundle signed = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    for (String name : List.of(Bundle.SOURCE, Bundle.MANIFEST, "evidence/extra", "sig/readme")) {
      var members = new java.util.TreeMap<>(signed.members());
      members.put(name, Samples.text("{}"));
      Files.write(directory.resolve("bad"), new Bundle(members).bytes());
      assertThat(shell(script + "bad 1 op.crt")).as(name).isNotZero();
    }
    var less = new java.util.TreeMap<>(signed.members());
    less.remove(Bundle.PLAN);
    Files.write(directory.resolve("bad"), new Bundle(less).bytes());
    assertThat(shell(script + "bad 1 op.crt")).isNotZero();
  }

  /** The block that starts with {@code openssl cms -verify}. */
  private static String documented() throws IOException {
    Path document = Path.of(System.getProperty("postern.root"), "docs", "bundle-format.md");
    Matcher block =
        Pattern.compile("```\n(openssl cms -verify.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(document));
    assertThat(block.find()).isTrue();
    return "set -e -o pipefail\n" + block.group(1).replace("KEYID", Samples.ALICE.keyId());
  }

  private int shell(String script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("bash", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    int status = process.waitFor();
    if (status != 0) {
      System.out.println(output);
    }
    return status;
  }
}
