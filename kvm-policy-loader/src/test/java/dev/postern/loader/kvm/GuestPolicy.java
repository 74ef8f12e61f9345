package dev.postern.loader.kvm;

import dev.postern.loader.Samples;
import dev.postern.loader.host.HostFacts;
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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A view of one of the emulator's machines with a page of the other's, behind a gate that reads it.
 */
final class GuestPolicy {

  static final String SET = "fw-to-nat";

  /** The destination's page that has its secret, and the one after it. */
  static final Frames THEIRS = new Frames(new Frames.Owner.Memory("nat", "high"), 0x2000, 0x1000);

  static final Frames THEIR_NEXT =
      new Frames(new Frames.Owner.Memory("nat", "high"), 0x3000, 0x1000);

  private static final Frames GATE = new Frames(new Frames.Owner.Loader("tx", "gate"), 0, 0x1000);
  private static final Frames STACK = new Frames(new Frames.Owner.Loader("tx", "own"), 0, 0x1000);

  private GuestPolicy() {}

  /**
   * For this processor.
   *
   * @param theirs what the window is of
   * @param more controls wanted besides those that KVM holds
   */
  static Policy of(HostFacts facts, long version, Frames theirs, Set<Control> more)
      throws IOException {
    Optional<CodeImage> gate = Optional.of(code());
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
                mapping("gate", Role.TRAMPOLINE, 0x2000, GATE, Samples.CODE, gate),
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
                mapping("gate", Role.TRAMPOLINE, 0x2000, GATE, Samples.CODE, gate),
                mapping(
                    "theirs",
                    Role.DESTINATION_WINDOW,
                    0x5000,
                    theirs,
                    Samples.DATA,
                    Optional.empty()),
                own()),
            Optional.of("a gate for a test of the loader"));
    return new Policy(
        Samples.AT,
        SET,
        version,
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
        List.of(vm("fw", true, held, theirs), vm("nat", false, held, theirs)),
        List.of(),
        List.of(),
        List.of(zero, one),
        List.of(),
        List.of(),
        List.of());
  }

  private static Vm vm(String name, boolean source, Set<Control> held, Frames theirs) {
    return new Vm(
        Samples.AT,
        name,
        source,
        !source,
        2,
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
                    new Gpa(0x8000 + theirs.offset()),
                    0x1000,
                    true,
                    PageSize.SMALL,
                    theirs,
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

  /** The page {@code guest.S} has, as the monitor's program prints it. */
  private static CodeImage code() throws IOException {
    Process process = new ProcessBuilder("/exercise", "gate-page").start();
    byte[] page =
        HexFormat.of().parseHex(process.inputReader(StandardCharsets.US_ASCII).readLine());
    return new CodeImage("test", ".text", Bytes.of(page), page.length, new TreeMap<>(), List.of());
  }

  private static Mapping own() {
    return new Mapping(
        Samples.AT,
        "own",
        Role.PRIVATE,
        new Gpa(0x6000),
        new La(0x6000),
        STACK.size(),
        PageSize.SMALL,
        STACK,
        Samples.DATA,
        true,
        Optional.empty());
  }
}
