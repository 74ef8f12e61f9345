package dev.postern.loader.kvm;

import dev.postern.loader.LoadRequest;
import dev.postern.loader.LoadResult;
import dev.postern.loader.Loader;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.Host;
import dev.postern.loader.host.HostPolicy;
import dev.postern.loader.install.Installer;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The gate of {@code examples/kvm/guest.postern}, which the verifier proved and whose bundle {@code
 * bench/kvm/sign} signed before the emulator was started: what a guest's kernel tries against it.
 * Runs inside the emulator.
 */
final class Proved {

  /** Where {@code bench/kvm/sign} put what it made. */
  static final Path BUNDLES = Path.of("/bundles");

  /** What the source's guest posts, and what its monitor's program says when it has. */
  static final String MESSAGE = "600d";

  static final String POSTED = "port 1";
  static final String ARRIVED = "port " + MESSAGE;

  /** What stands in the destination's page before. */
  static final String BEFORE = "5ec2";

  private int failures;

  private Proved() {}

  /** Whom the administrator of this host lets into whose memory. */
  static Approved approved() {
    return new Approved(List.of(new Approved.Grant("fw", GuestPolicy.THEIRS, true)));
  }

  /** What he answers for, as the module cannot. */
  static HostPolicy accepted() {
    SortedMap<String, String> accepted = new TreeMap<>();
    accepted.put("K20", "no device is assigned to any machine");
    for (String path : List.of("O-17", "O-24", "O-33", "O-50", "O-51", "O-70", "O-73", "O-75")) {
      accepted.put(path, "the kernel and the monitor are of this test");
    }
    SortedMap<String, String> waivers = new TreeMap<>();
    waivers.put("speculation", "this processor is emulated");
    return new HostPolicy(accepted, waivers);
  }

  /** How many checks did not hold. */
  static int everything() throws Exception {
    Proved proved = new Proved();
    proved.ends("stray", "a VMFUNC of the guest's own");
    proved.ends("second", "a jump to the gate's second VMFUNC, into the view");
    proved.ends("tables", "a write to the guest's own paging structures");
    proved.ends("root", "other paging structures, where the gate leads elsewhere");
    proved.spoilt("alias", "another linear address leads to the gate");
    proved.spoilt("window", "a paging structure is in the other machine's memory");
    proved.spoilt("root", "the guest writes its paging structures");
    return proved.failures;
  }

  /** Each ends the machine, and is tried in one of its own. */
  private void ends(String where, String what) throws Exception {
    Monitor source = Monitor.in64BitMode(MESSAGE);
    Monitor destination = Monitor.start(BEFORE);
    LoadResult result = load(source, destination, where);
    check("the proved bundle is installed", result, result instanceof LoadResult.Installed);
    said("it posts", source.sent("post"), POSTED);
    said("the message arrived", destination.sent("word"), ARRIVED);
    said("attack: " + what + " ends the machine", source.sent(where), "shutdown");
    said("what arrived stays", destination.sent("word"), ARRIVED);
    source.process().destroyForcibly().waitFor();
    destination.process().destroyForcibly().waitFor();
  }

  /** What the lock excludes when the bundle is loaded. */
  private void spoilt(String flaw, String what) throws Exception {
    Monitor source = Monitor.spoilt(MESSAGE, flaw);
    Monitor destination = Monitor.start(BEFORE);
    String refusal;
    try {
      refusal = load(source, destination, "spoilt-" + flaw).toString();
    } catch (IOException e) {
      refusal = String.valueOf(e.getMessage());
    }
    check("not installed where " + what, refusal, refusal.contains(" pinned-pt "));
    said("and the guest goes on without a gate", source.sent("post"), "exit 17");
    source.process().destroyForcibly().waitFor();
    destination.process().destroyForcibly().waitFor();
  }

  /** Into a host that remembers nothing. What is installed is the machine's from then on. */
  private static LoadResult load(Monitor source, Monitor destination, String host)
      throws Exception {
    Map<String, Long> monitors =
        Map.of("fw", source.process().pid(), "nat", destination.process().pid());
    try (StateDirectory state =
            StateDirectory.open(
                Path.of("/state-" + host), new DurableDisk(), InstantSource.system());
        Installer installer = new KvmInstaller(monitors)) {
      return Loader.load(request(installer), installer, Optional.of(state));
    }
  }

  private static LoadRequest request(Installer installer) throws IOException {
    return new LoadRequest(
        Bytes.of(Files.readAllBytes(BUNDLES.resolve("guest.bundle"))),
        Optional.of(Bytes.of(Files.readAllBytes(BUNDLES.resolve("trust.json")))),
        false,
        Instant.now(),
        Optional.empty(),
        false,
        Optional.of(new Host(installer.facts().orElseThrow(), approved(), accepted())));
  }

  private void said(String what, String said, String expected) {
    check(what + ": " + said, said, said.equals(expected));
  }

  private void check(String what, Object instead, boolean holds) {
    System.out.println(
        "POSTERN "
            + (holds ? "ok" : "FAILED")
            + " the proved gate: "
            + (holds ? what : what + ": " + instead));
    failures += holds ? 0 : 1;
  }
}
