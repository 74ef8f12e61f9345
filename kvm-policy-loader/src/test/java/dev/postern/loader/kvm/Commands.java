package dev.postern.loader.kvm;

import dev.postern.signer.check.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line on a kernel with the module, with two running machines: what {@code postern
 * load}, {@code status} and {@code unload} print, the status each ends with, and what the guest
 * finds then. Each command is a process, started as the launcher does, from the jars of the
 * distribution. Runs inside the emulator ({@code src/test/emulator}); says a line a check.
 */
final class Commands {

  /** Where the command line looks when it is not told. */
  private static final Path HOST = Path.of("/etc/postern");

  private static final Path STATE = Path.of("/var/lib/postern");

  private static int failures;

  private Commands() {}

  /** How a command ended, and what it printed on both streams. */
  private record Said(int status, String text) {}

  /** How many checks did not hold. */
  static int everything() throws Exception {
    Monitor source = Monitor.in64BitMode(Proved.MESSAGE);
    Monitor destination = Monitor.start(Proved.BEFORE);
    files();
    String vms = "fw=" + source.process().pid() + ",nat=" + destination.process().pid();
    // One for all that are refused: a command takes minutes here, and what else is refused the
    // loader says in this machine (InGuest), and the command line on an image (its transcripts).
    said(
        "load of an unsigned bundle is refused",
        4,
        "[" + Reason.UNSIGNED.code() + "]",
        load("unsigned", vms));
    heard("after it the guest finds no gate", source.sent("post"), "exit 17");

    said("load of the proved bundle", 0, "guest version 8: installed", load("guest", vms));
    heard("then the guest posts", source.sent("post"), Proved.POSTED);
    heard("and its message is in the other machine", destination.sent("word"), Proved.ARRIVED);
    heard("another vCPU counts by itself", source.sent("other"), Proved.POSTED);
    heard(
        "a hundred posts while a timer interrupts the guest",
        source.sent("interrupts"),
        "each counted");
    heard("outside the gate the window is not there", source.sent("peek"), "mmio read 8000");
    heard("the gate is not written", source.sent("write"), "mmio write 2000");
    said("status", 0, "guest version 8 on kvm: present", postern("status"));
    said("unload", 0, "guest: unloaded", postern("unload", "guest"));
    heard("then the guest finds no gate", source.sent("post"), "exit 17");
    source.process().destroyForcibly().waitFor();
    destination.process().destroyForcibly().waitFor();
    return failures;
  }

  /** What the host's administrator approves, and what he answers for. */
  private static void files() throws Exception {
    Files.createDirectories(HOST.resolve("approved.d"));
    Files.write(HOST.resolve("approved.d/nat.json"), Proved.approved().canonical());
    Files.write(HOST.resolve("host.json"), Proved.accepted().canonical());
    Files.createDirectories(
        STATE, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static Said load(String bundle, String vms) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "load",
                Proved.BUNDLES.resolve(bundle + ".bundle").toString(),
                "--trust",
                Proved.BUNDLES.resolve("trust.json").toString(),
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

  private static void heard(String what, String said, String expected) {
    check(what + ": " + said, "", said.equals(expected));
  }

  private static void check(String what, String instead, boolean holds) {
    System.out.println(
        "POSTERN " + (holds ? "ok" : "FAILED") + " the command line: " + what + instead);
    failures += holds ? 0 : 1;
  }
}
