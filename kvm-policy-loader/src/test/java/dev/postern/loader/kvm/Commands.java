package dev.postern.loader.kvm;

import dev.postern.loader.Samples;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.HostFacts;
import dev.postern.signer.check.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The command line on a kernel with the module, with two running machines: what {@code postern
 * load}, {@code status} and {@code unload} print, the status each ends with, and what the guest
 * finds then. Each command is a process, started as the launcher does, from the jars of the
 * distribution. Runs inside the emulator ({@code src/test/emulator}); says a line a check.
 */
final class Commands {

  /** What the destination has at the window's page. */
  private static final String SECRET = "port 5ec2";

  private static final Path BUNDLES = Path.of("/bundles");

  /** Where the command line looks when it is not told. */
  private static final Path HOST = Path.of("/etc/postern");

  private static final Path STATE = Path.of("/var/lib/postern");

  private static int failures;

  private Commands() {}

  /** How a command ended, and what it printed on both streams. */
  private record Said(int status, String text) {}

  /** How many checks did not hold. */
  static int everything() throws Exception {
    Monitor source = Monitor.start("0");
    Monitor destination = Monitor.start("5ec2");
    files();
    String vms = "fw=" + source.process().pid() + ",nat=" + destination.process().pid();
    // One for all that are refused: a command takes minutes here, and what else is refused the
    // loader says in this machine (InGuest), and the command line on an image (its transcripts).
    said(
        "load of an unsigned bundle is refused",
        4,
        "[" + Reason.UNSIGNED.code() + "]",
        load("unsigned", vms));
    check("after it the guest finds no gate", "", !source.gate().equals(SECRET));

    said("load of a signed bundle", 0, "fw-to-nat version 8: installed", load("signed", vms));
    check("then the gate reads the other machine", "", source.gate().equals(SECRET));
    said("status", 0, "fw-to-nat version 8 on kvm: present", postern("status"));
    said("unload", 0, "fw-to-nat: unloaded", postern("unload", GuestPolicy.SET));
    check("then the guest finds no gate", "", !source.gate().equals(SECRET));
    source.process().destroyForcibly().waitFor();
    destination.process().destroyForcibly().waitFor();
    return failures;
  }

  /** Bundles, whom the host trusts, and what its administrator approves. */
  private static void files() throws Exception {
    HostFacts facts = new KvmInstaller(Map.of()).facts().orElseThrow();
    byte[] signed = Samples.bundle(GuestPolicy.of(facts, 8, GuestPolicy.THEIRS, Set.of()));
    write("signed.bundle", signed);
    write("unsigned.bundle", Samples.unsigned(signed));
    write("trust.json", Samples.trust().write());
    Approved approved = new Approved(List.of(new Approved.Grant("fw", GuestPolicy.THEIRS, true)));
    Files.createDirectories(HOST.resolve("approved.d"));
    Files.write(HOST.resolve("approved.d/nat.json"), approved.canonical());
    Files.createDirectories(
        STATE, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static void write(String name, byte[] bytes) throws IOException {
    Files.createDirectories(BUNDLES);
    Files.write(BUNDLES.resolve(name), bytes);
  }

  private static Said load(String bundle, String vms) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "load",
                BUNDLES.resolve(bundle + ".bundle").toString(),
                "--trust",
                BUNDLES.resolve("trust.json").toString(),
                "--backend",
                "kvm"));
    for (String vm : vms.split(",")) {
      arguments.addAll(List.of("--vm", vm));
    }
    return postern(arguments.toArray(String[]::new));
  }

  /** The program as the launcher runs it. */
  private static Said postern(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "/jre/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                "/app/lib/*",
                "dev.postern.cli.Main"));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }

  private static void said(String what, int status, String text, Said said) {
    String line =
        said.text().lines().filter(each -> each.contains(text)).findFirst().orElse("nothing");
    boolean holds = said.status() == status && said.text().contains(text);
    check(what + ": status " + said.status() + ", " + line, holds ? "" : ": " + said.text(), holds);
  }

  private static void check(String what, String instead, boolean holds) {
    System.out.println(
        "POSTERN " + (holds ? "ok" : "FAILED") + " the command line: " + what + instead);
    failures += holds ? 0 : 1;
  }
}
