package dev.postern.loader.kvm;

import dev.postern.loader.HostReason;
import dev.postern.loader.LoadRequest;
import dev.postern.loader.LoadResult;
import dev.postern.loader.Loader;
import dev.postern.loader.Samples;
import dev.postern.loader.Status;
import dev.postern.loader.Unloader;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.Host;
import dev.postern.loader.host.HostFacts;
import dev.postern.loader.host.HostPolicy;
import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Presence;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.model.Bytes;
import dev.postern.model.Control;
import dev.postern.model.Frames;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.check.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The loader on a kernel with the module, with two running machines: what the contract of every
 * backend asks, and that the gate it installs reads the other machine's memory. Runs inside the
 * emulator ({@code src/test/emulator}), where there is no test framework; says a line a check.
 */
final class InGuest {

  /** What the destination has at the window's page, and at the next one. */
  private static final String SECRET = "port 5ec2";

  private static final String NEXT_SECRET = "port a13d";
  private static final Frames THEIRS = GuestPolicy.THEIRS;
  private static final Frames THEIR_NEXT = GuestPolicy.THEIR_NEXT;

  /** Asked, and never a step of this load. */
  private static final Set<Abi.Call> NO_STEPS =
      EnumSet.of(Abi.Call.STATUS, Abi.Call.REMOVE, Abi.Call.LOCK);

  private static int failures;

  private InGuest() {}

  public static void main(String[] arguments) {
    try {
      everything();
      failures += Proved.everything();
      // In this process, which has made keys and bundles before: starting another takes a minute.
      failures += Commands.everything();
    } catch (Exception e) {
      failures++;
      System.out.println("POSTERN FAILED java: " + e);
      e.printStackTrace(System.out);
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  private static void everything() throws Exception {
    Monitor source = Monitor.start("0");
    Monitor destination = Monitor.start("5ec2");
    Map<String, Long> monitors =
        Map.of("fw", source.process().pid(), "nat", destination.process().pid());
    HostFacts facts = new KvmInstaller(monitors).facts().orElseThrow();
    System.out.println("POSTERN facts: " + facts);
    check("before, the guest finds no gate", !source.gate().equals(SECRET));
    try (StateDirectory state =
            StateDirectory.open(Path.of("/state"), new DurableDisk(), InstantSource.system());
        Installer installer = new KvmInstaller(monitors)) {
      byte[] bundle = Samples.bundle(GuestPolicy.of(facts, 8, THEIRS, Set.of()));
      refusals(facts, bundle, installer, state);
      installed(bundle, source, installer, state);
      attacks(bundle, source, installer, state);
      nextVersion(facts, monitors, source, installer, state);
      ends(source, destination, installer, state);
    }
  }

  /** Nothing of this is installed. */
  private static void refusals(
      HostFacts facts, byte[] bundle, Installer installer, StateDirectory state) throws Exception {
    LoadResult planned = load(bundle, installer, state, true);
    check("a dry run", planned instanceof LoadResult.Planned);
    refused("an unsigned bundle", Samples.unsigned(bundle), Reason.UNSIGNED, installer, state);
    for (String member : List.of("manifest.json", "payload/policy.json")) {
      byte[] tampered = Samples.tampered(bundle, member);
      refused(
          "a bundle whose " + member + " was changed",
          tampered,
          member.startsWith("m") ? Reason.SIGNATURE_INVALID : Reason.DIGEST_MISMATCH,
          installer,
          state);
    }
    Host nobody =
        new Host(facts, new Approved(List.of()), new HostPolicy(new TreeMap<>(), new TreeMap<>()));
    LoadResult unapproved = Loader.load(request(bundle, nobody), installer, Optional.of(state));
    check(
        "a window nobody approved is refused",
        unapproved instanceof LoadResult.Refused(var refusals)
            && refusals.getFirst().reason() == HostReason.NOT_APPROVED);
    check("after all of these nothing is installed", status(state).items().isEmpty());
  }

  private static void refused(
      String what, byte[] bundle, Reason reason, Installer installer, StateDirectory state)
      throws Exception {
    LoadResult result = load(bundle, installer, state, false);
    check(
        what + " is refused: " + reason.code(),
        result,
        result instanceof LoadResult.NotTrusted(var refusals)
            && refusals.getFirst().reason() == reason);
  }

  private static void installed(
      byte[] bundle, Monitor source, Installer installer, StateDirectory state) throws Exception {
    LoadResult result = load(bundle, installer, state, false);
    check("the signed bundle is installed", result, result instanceof LoadResult.Installed);
    check("the kernel's answer is the record", status(state).exact());
    check("the gate reads the other machine, and comes back", source.gate().equals(SECRET));
    check("its private memory keeps what it put there", source.sent("look").equals(SECRET));
    check("another vCPU has private memory of its own", source.sent("other").equals("port 0"));
    check(
        "a hundred calls while a timer interrupts the guest",
        source.sent("interrupts").equals(SECRET));
    check(
        "the same bundle again is nothing to do",
        load(bundle, installer, state, false) instanceof LoadResult.AlreadyInstalled);
    State.Installed recorded = state.state().installed().get(GuestPolicy.SET);
    check("present", installer.presence(recorded) == Presence.PRESENT);
    check("unloaded", Unloader.unload(GuestPolicy.SET, state));
    check("absent", installer.presence(recorded) == Presence.ABSENT);
    installer.remove(recorded);
    check("what is not there is taken out already", status(state).items().isEmpty());
    check("after unload the guest finds no gate", !source.gate().equals(SECRET));
    check(
        "installed once more",
        load(bundle, installer, state, false) instanceof LoadResult.Installed);
  }

  private static void attacks(
      byte[] bundle, Monitor source, Installer installer, StateDirectory state) throws Exception {
    attack(source, "peek", "mmio read 5000", "the window is not there outside the gate");
    attack(source, "write", "mmio write 2000", "the gate is not written");
    attack(source, "empty", "port d06", "a slot of the list that is empty: #UD");
    attack(source, "leaf", "port d06", "another VM function: #UD");
    check("the gate is as it was", source.gate().equals(SECRET));
    check("and nothing ended", status(state).exact());
    byte[] older =
        Samples.bundle(
            GuestPolicy.of(new KvmInstaller(Map.of()).facts().orElseThrow(), 7, THEIRS, Set.of()));
    refused("an older bundle", older, Reason.NOT_NEWER, installer, state);
    check("the one that is installed stays", source.gate().equals(SECRET));
  }

  private static void attack(Monitor source, String where, String expected, String what)
      throws IOException {
    String said = source.sent(where);
    check("attack: " + what + ": " + said, said.equals(expected));
  }

  /** Each call on the device fails once on the way: the old version or the next, never neither. */
  private static void nextVersion(
      HostFacts facts,
      Map<String, Long> monitors,
      Monitor source,
      Installer installer,
      StateDirectory state)
      throws Exception {
    byte[] more = Samples.bundle(GuestPolicy.of(facts, 9, THEIR_NEXT, EnumSet.of(Control.K13)));
    String refusal = attempt(more, installer, state);
    check("a next version with a control KVM does not hold: " + refusal, refusal.contains(" K13"));
    check("the version before works on", source.gate().equals(SECRET) && status(state).exact());
    long version = 10;
    for (Abi.Call call : Abi.Call.values()) {
      for (boolean done : new boolean[] {false, true}) {
        if (NO_STEPS.contains(call)) {
          continue;
        }
        byte[] next = Samples.bundle(GuestPolicy.of(facts, version, THEIR_NEXT, Set.of()));
        FailingCalls failing = new FailingCalls(call, done);
        String before = source.gate();
        String failure;
        try (Installer faulty = new KvmInstaller(monitors, failing)) {
          failure = attempt(next, faulty, state);
        }
        String now = source.gate();
        Status status = status(state);
        boolean isNew =
            status.items().stream().anyMatch(item -> item.recorded().bundleId().equals(id(next)));
        boolean effect = call == Abi.Call.ACTIVATE && done;
        check(
            "a next version whose call "
                + call
                + (done ? " is said to have failed, and was done" : " fails")
                + (effect ? ": it is the one that works: " : ": the one before works: ")
                + failure,
            failing.failed()
                && !failure.isEmpty()
                && status.exact()
                && isNew == effect
                && now.equals(effect ? NEXT_SECRET : before));
        version++;
      }
    }
    byte[] last = Samples.bundle(GuestPolicy.of(facts, version, THEIRS, Set.of()));
    LoadResult result = load(last, installer, state, false);
    check("the next load takes its place", result, result instanceof LoadResult.Installed);
    check("and what it says is so", source.gate().equals(SECRET) && status(state).exact());
    check("one installation is there", status(state).items().size() == 1);
  }

  /** Why it failed; empty if it did not. */
  private static String attempt(byte[] bundle, Installer installer, StateDirectory state)
      throws Exception {
    try {
      LoadResult result = load(bundle, installer, state, false);
      return result instanceof LoadResult.Refused ? result.toString() : "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String id(byte[] bundle) {
    return switch (BundleChecker.check(bundle, Samples.trust(), Occasion.at(Samples.NOW))) {
      case Check.Trusted(CheckedBundle checked) -> checked.id();
      case Check.Refused _ -> "";
    };
  }

  private static void ends(
      Monitor source, Monitor destination, Installer installer, StateDirectory state)
      throws Exception {
    // The machine whose memory it is ends: its page leaves the view first.
    destination.process().destroyForcibly().waitFor();
    String after = source.gate();
    check(
        "the destination ends, and its page is taken out of the view: " + after,
        !after.equals(SECRET));
    source.process().destroyForcibly().waitFor();
    check("the machine is gone, and the record says otherwise", !awaitGone(state));
    Monitor fresh = Monitor.start("0");
    Monitor peer = Monitor.start("5ec2");
    try (Installer again =
        new KvmInstaller(Map.of("fw", fresh.process().pid(), "nat", peer.process().pid()))) {
      byte[] bundle =
          Samples.bundle(GuestPolicy.of(installer.facts().orElseThrow(), 100, THEIRS, Set.of()));
      check(
          "installed in the machines that came after",
          load(bundle, again, state, false) instanceof LoadResult.Installed);
      check("whose gate works", fresh.gate().equals(SECRET));
      attack(fresh, "stray", "shutdown", "a VMFUNC of the guest's own ends the machine");
      check("which the kernel knows", !status(state).exact());
      check("and stays ended", fresh.gate().equals("shutdown"));
    }
    fresh.process().destroyForcibly().waitFor();
    peer.process().destroyForcibly().waitFor();
  }

  /** What a machine leaves is put away by a worker of the kernel's. */
  private static boolean awaitGone(StateDirectory state) throws Exception {
    for (int i = 0; i < 1000 && status(state).exact(); i++) {
      Thread.yield();
    }
    return status(state).exact();
  }

  private static Status status(StateDirectory state) throws IOException {
    return Status.of(state);
  }

  private static LoadResult load(
      byte[] bundle, Installer installer, StateDirectory state, boolean dry) throws Exception {
    Host host =
        new Host(
            installer.facts().orElseThrow(),
            new Approved(
                List.of(
                    new Approved.Grant("fw", THEIRS, true),
                    new Approved.Grant("fw", THEIR_NEXT, true))),
            new HostPolicy(new TreeMap<>(), new TreeMap<>()));
    LoadRequest request = request(bundle, host);
    return dry
        ? Loader.dryRun(request, installer, Optional.of(state))
        : Loader.load(request, installer, Optional.of(state));
  }

  private static LoadRequest request(byte[] bundle, Host host) {
    return new LoadRequest(
        Bytes.of(bundle),
        Optional.of(Bytes.of(Samples.trust().write())),
        false,
        Samples.NOW,
        Optional.empty(),
        false,
        Optional.of(host));
  }

  private static void check(String what, LoadResult result, boolean holds) {
    check(holds ? what : what + ": " + result, holds);
  }

  private static void check(String what, boolean holds) {
    System.out.println("POSTERN " + (holds ? "ok" : "FAILED") + " java: " + what);
    failures += holds ? 0 : 1;
  }

  /** The first call of a kind fails: not done, or done and said to have failed. */
  private static final class FailingCalls implements PosternDevice.Calls {

    private static final int EIO = 5;

    private final Abi.Call victim;
    private final boolean done;
    private boolean failed;

    FailingCalls(Abi.Call victim, boolean done) {
      this.victim = victim;
      this.done = done;
    }

    boolean failed() {
      return failed;
    }

    @Override
    public void ioctl(String name, int fd, int request, MemorySegment argument) throws IOException {
      boolean now = !failed && request == victim.request();
      if (!now || done) {
        Linux.ioctl(name, fd, request, argument);
      }
      if (now) {
        failed = true;
        throw new Linux.Errno(name, EIO);
      }
    }
  }
}
