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
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
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

  private static final String SECRET = "5ec2";
  private static final Frames GATE = new Frames(new Frames.Owner.Loader("tx", "gate"), 0, 0x1000);
  private static final Frames STACK = new Frames(new Frames.Owner.Loader("tx", "own"), 0, 0x1000);
  private static final Frames THEIRS =
      new Frames(new Frames.Owner.Memory("nat", "high"), 0, 0x1000);

  /** Into view 1, a word from the other machine to the own page and back, out at port 16. */
  private static final byte[] CODE =
      HexFormat.of()
          .parseHex("66b9010000006631c00f01d4a10050a300608b1e00606631c96631c00f01d489d8e710f4");

  private static int failures;

  private InGuest() {}

  /** A monitor's process. */
  private record Monitor(Process process, BufferedReader says, BufferedWriter hears) {
    static Monitor start(String secret) throws IOException {
      Process process =
          new ProcessBuilder("/exercise", "monitor", secret)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      Monitor monitor =
          new Monitor(
              process,
              process.inputReader(StandardCharsets.US_ASCII),
              process.outputWriter(StandardCharsets.US_ASCII));
      String line = monitor.says.readLine();
      while (line != null && !line.equals("READY")) {
        line = monitor.says.readLine();
      }
      return monitor;
    }

    /** How the guest left when it was sent to the gate. */
    String gate() throws IOException {
      hears.write("gate\n");
      hears.flush();
      return String.valueOf(says.readLine());
    }
  }

  public static void main(String[] arguments) {
    try {
      everything();
    } catch (Exception e) {
      failures++;
      System.out.println("POSTERN FAILED java: " + e);
      e.printStackTrace(System.out);
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  private static void everything() throws Exception {
    Monitor source = Monitor.start("0");
    Monitor destination = Monitor.start(SECRET);
    Map<String, Long> monitors =
        Map.of("fw", source.process.pid(), "nat", destination.process.pid());
    HostFacts facts = new KvmInstaller(monitors).facts().orElseThrow();
    System.out.println("POSTERN facts: " + facts);
    check("before, the guest finds no gate", !source.gate().equals("port " + SECRET));
    try (StateDirectory state =
            StateDirectory.open(Path.of("/state"), new DurableDisk(), InstantSource.system());
        Installer installer = new KvmInstaller(monitors)) {
      byte[] bundle = Samples.bundle(policy(facts, EnumSet.noneOf(Control.class)));
      LoadResult planned = load(bundle, installer, state, true);
      check("a dry run", planned instanceof LoadResult.Planned);
      check("a dry run leaves nothing", status(state).items().isEmpty());
      LoadResult result = load(bundle, installer, state, false);
      check("installed: " + result, result instanceof LoadResult.Installed);
      check("the kernel's answer is the record", status(state).exact());
      check("the gate reads the other machine", source.gate().equals("port " + SECRET));
      check(
          "again is nothing to do",
          load(bundle, installer, state, false) instanceof LoadResult.AlreadyInstalled);
      State.Installed recorded = state.state().installed().get("fw-to-nat");
      check("present", installer.presence(recorded) == Presence.PRESENT);
      check("unloaded", Unloader.unload("fw-to-nat", state));
      check("absent", installer.presence(recorded) == Presence.ABSENT);
      installer.remove(recorded);
      check("what is not there is taken out already", status(state).items().isEmpty());
      check("after, the guest finds no gate", !source.gate().equals("port " + SECRET));
      // MBEC is a control that this KVM does not hold.
      byte[] more = Samples.bundle(policy(facts, EnumSet.of(Control.K13)));
      try {
        LoadResult refused = load(more, installer, state, false);
        check("a control that is not held: " + refused, refused instanceof LoadResult.Refused);
      } catch (IOException e) {
        check("a control that is not held: " + e.getMessage(), true);
      }
      check("and nothing is installed", status(state).items().isEmpty());
      Host nobody =
          new Host(
              facts, new Approved(List.of()), new HostPolicy(new TreeMap<>(), new TreeMap<>()));
      LoadResult unapproved = Loader.load(request(bundle, nobody), installer, Optional.of(state));
      check(
          "a window nobody approved",
          unapproved instanceof LoadResult.Refused(var refusals)
              && refusals.getFirst().reason() == HostReason.NOT_APPROVED);
      check(
          "installed once more",
          load(bundle, installer, state, false) instanceof LoadResult.Installed);
      check("the gate again", source.gate().equals("port " + SECRET));
      // The machine whose memory it is ends: its page leaves the view first.
      destination.process.destroyForcibly().waitFor();
      String after = source.gate();
      check("the page of a machine that ended: " + after, !after.equals("port " + SECRET));
      source.process.destroyForcibly().waitFor();
      check("the machine is gone, and the record says otherwise", !awaitGone(state));
    }
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
            new Approved(List.of(new Approved.Grant("fw", THEIRS, true))),
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

  private static void check(String what, boolean holds) {
    System.out.println("POSTERN " + (holds ? "ok" : "FAILED") + " java: " + what);
    failures += holds ? 0 : 1;
  }

  private static Policy policy(HostFacts facts, Set<Control> more) {
    Set<Control> held =
        EnumSet.of(
            Control.K1,
            Control.K2,
            Control.K10,
            Control.K11,
            Control.K12,
            Control.K14,
            Control.K16);
    held.addAll(more);
    View zero =
        new View(
            Samples.AT,
            "default",
            "fw",
            0,
            Eptp.DEFAULT,
            Optional.empty(),
            false,
            List.of(
                ram("low", 0, 0x2000),
                mapping("gate", Role.TRAMPOLINE, 0x2000, GATE, Samples.CODE, Optional.of(code())),
                ram("high", 0x8000, 0x8000)),
            Optional.empty());
    View one =
        new View(
            Samples.AT,
            "tx",
            "fw",
            1,
            Eptp.DEFAULT,
            Optional.empty(),
            false,
            List.of(
                mapping("gate", Role.TRAMPOLINE, 0x2000, GATE, Samples.CODE, Optional.of(code())),
                mapping(
                    "theirs",
                    Role.DESTINATION_WINDOW,
                    0x5000,
                    THEIRS,
                    Samples.DATA,
                    Optional.empty()),
                mapping("own", Role.PRIVATE, 0x6000, STACK, Samples.DATA, Optional.empty())),
            Optional.of("a gate for a test of the loader"));
    return new Policy(
        Samples.AT,
        "fw-to-nat",
        7 + more.size(),
        new Cpu(
            Samples.AT,
            facts.physicalAddressWidth().orElseThrow(),
            facts.executeOnly().orElseThrow(),
            facts.pageSizes().orElseThrow(),
            facts.fiveLevel().orElseThrow(),
            facts.accessedDirty().orElseThrow(),
            facts.shadowStack().orElseThrow(),
            facts.features(),
            facts.l1tf().orElseThrow()),
        List.of(vm("fw", true, held), vm("nat", false, held)),
        List.of(),
        List.of(),
        List.of(zero, one),
        List.of(),
        List.of(),
        List.of());
  }

  private static Vm vm(String name, boolean source, Set<Control> held) {
    return new Vm(
        Samples.AT,
        name,
        source,
        !source,
        1,
        List.of(memory("low", 0, 0x2000), memory("high", 0x8000, 0x8000)),
        new Lock(Samples.AT, Set.of(Lock.Kind.SCAN), Optional.empty()),
        new Controls(Samples.AT, held, Controls.STRICT_INTERCEPTS),
        source
            ? List.of()
            : List.of(
                new Vm.Approval(
                    Samples.AT,
                    "theirs",
                    "fw",
                    new Gpa(0x8000),
                    0x1000,
                    true,
                    PageSize.SMALL,
                    THEIRS,
                    Set.of())),
        List.of());
  }

  private static Vm.Memory memory(String name, long gpa, long size) {
    return new Vm.Memory(
        Samples.AT, name, new Gpa(gpa), size, PageSize.SMALL, Optional.empty(), Vm.Kind.RAM, false);
  }

  private static Mapping ram(String name, long gpa, long size) {
    return mapping(
        name,
        Role.RAM,
        gpa,
        new Frames(new Frames.Owner.Memory("fw", name), 0, size),
        Samples.leaf("rwx", MemoryType.WB),
        Optional.empty());
  }

  private static Mapping mapping(
      String name, Role role, long gpa, Frames frames, Leaf leaf, Optional<CodeImage> image) {
    return new Mapping(
        Samples.AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        frames.size(),
        PageSize.SMALL,
        frames,
        leaf,
        false,
        image);
  }

  private static CodeImage code() {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xcc);
    System.arraycopy(CODE, 0, page, 0, CODE.length);
    return new CodeImage("test", ".text", Bytes.of(page), CODE.length, new TreeMap<>(), List.of());
  }
}
