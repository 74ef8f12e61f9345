package dev.postern.verifier.rule;

import static dev.postern.verifier.rule.PolicyBuilder.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Cpu;
import dev.postern.model.DmaDomain;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Gate;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.La;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Register;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each flaw is refuted by the rule it is for, and by no other; each near miss is proved. */
class OneFlawOneRuleTest {

  private static final Set<RuleId> CONFINEMENT =
      Rules.ALL.stream()
          .map(Rule::id)
          .filter(rule -> rule.level() == RuleId.Level.CONFINEMENT)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(RuleId.class)));

  private static Report verify(Policy policy) {
    return Verifier.verify(policy, Options.DEFAULT.withRules(CONFINEMENT));
  }

  private static Arguments flaw(RuleId rule, String what, Consumer<PolicyBuilder> change) {
    return Arguments.of(rule, what, change);
  }

  static Stream<Arguments> flaws() {
    return Stream.of(
        flaw(
            RuleId.EPT_WELL_FORMED,
            "P27: code leaf 110b",
            p -> p.map("code", m -> withLeaf(m, leaf("-wx")))),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "window 010b",
            p -> p.map("ring", m -> withLeaf(m, leaf("-w-")))),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "reserved memory type",
            p -> p.map("ring", m -> withLeaf(m, typed(m.leaf(), MemoryType.RESERVED_3, true)))),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "execute-only without the capability",
            p -> {
              p.cpu = cpu(p.cpu, false, p.cpu.pageSizes());
              p.map("code", m -> withLeaf(m, leaf("--x")));
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "P15: trampoline with sub-page writes",
            p -> {
              p.held.remove(Control.K14);
              p.map("trampoline", m -> withLeaf(m, bits(m.leaf(), true, false, false)));
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "code with shadow-stack writes",
            p -> p.map("code", m -> withLeaf(m, bits(m.leaf(), false, false, true)))),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "user-execute on code of a CPL-0 gate",
            p -> {
              p.gates.add(gate(0));
              p.map("code", m -> withLeaf(m, leaf("r-xu")));
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "EPT pointer with flags the processor lacks",
            p -> {
              p.cpu = cpuWithoutAccessedDirty(p.cpu);
              p.eptp = new Eptp(MemoryType.WB, 4, true, false);
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "five-level walk on a four-level processor",
            p -> p.eptp = new Eptp(MemoryType.WB, 5, false, false)),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "large page the processor lacks",
            p -> {
              p.cpu = cpu(p.cpu, true, Set.of());
              p.map("source", m -> paged(m, PageSize.LARGE));
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "frame beyond MAXPHYADDR",
            p -> {
              p.map("stack", m -> withFrames(m, host(1L << 46, 0x4000)));
            }),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "address beyond the guest-physical width",
            p ->
                p.add(
                    mapping(
                        "far",
                        Role.SOURCE_WINDOW,
                        1L << 46,
                        fw(0x2000_0000L, 0x1000),
                        leaf("r--")))),
        flaw(
            RuleId.EPT_WELL_FORMED,
            "code in a large page",
            p ->
                p.add(
                    paged(
                        mapping(
                            "library",
                            Role.CODE,
                            0xa000_0000L,
                            loader("library", 0x20_0000),
                            leaf("r-x")),
                        PageSize.LARGE))),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "P17: slot 7 is tx with bit 6 flipped",
            p ->
                p.slots.add(
                    new EptpSlot(
                        AT,
                        "fw",
                        7,
                        new EptpSlot.Value.RootOf("tx", new Eptp(MemoryType.WB, 4, true, false))))),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "forgotten valid slot",
            p ->
                p.slots.add(new EptpSlot(AT, "fw", 511, new EptpSlot.Value.Raw(0x12_3000 | 0x1e)))),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "declared slot holds something else",
            p -> p.slots.add(new EptpSlot(AT, "fw", 1, new EptpSlot.Value.Raw(0)))),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "two views in one slot",
            p ->
                p.moreViews.add(
                    view("twin", 1, Eptp.DEFAULT, Optional.empty(), Map.of(), p.notClaimed))),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "no default view",
            p -> {
              p.defaultIndex = 2;
              p.defaultMappings.compute("ram", (n, m) -> withLeaf(m, leaf("rw-")));
            }),
        flaw(
            RuleId.EPTP_LIST_EXACT,
            "two views with one root",
            p -> {
              p.root = Optional.of(new Hpa(0x7000));
              p.defaultRoot = p.root;
            }),
        flaw(RuleId.EPTP_LIST_EXACT, "other VM functions", p -> p.held.remove(Control.K1)),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "P13: 2-MiB leaf, first half approved",
            p -> {
              p.approvals.set(
                  1, approval("buffers", "fw", 0x3800_0000L, 0x10_0000L, true, PageSize.LARGE));
              p.add(
                  paged(
                      mapping(
                          "buffers",
                          Role.DESTINATION_WINDOW,
                          0x9800_0000L,
                          nat(0x3800_0000L, 0x20_0000L),
                          leaf("rw-")),
                      PageSize.LARGE));
            }),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "window writable, approval not",
            p ->
                p.approvals.set(
                    0, approval("ring", "fw", 0x3f00_0000L, 0x2000, false, PageSize.SMALL))),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "approved for another source",
            p ->
                p.approvals.set(
                    0, approval("ring", "dpi", 0x3f00_0000L, 0x2000, true, PageSize.SMALL))),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "destination memory dressed as source memory",
            p -> p.map("source", m -> withFrames(m, nat(0x1000_0000L, 0x100_0000L)))),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "destination memory in the default view",
            p ->
                p.defaultMappings.put(
                    "hole",
                    mapping(
                        "hole", Role.RAM, 0x6000_0000L, nat(0x1000_0000L, 0x1000), leaf("rw-")))),
        flaw(
            RuleId.DESTINATION_APPROVED,
            "one frame approved for two writers",
            p ->
                p.approvals.add(
                    approval("again", "dpi", 0x3f00_1000L, 0x1000, true, PageSize.SMALL))),
        flaw(
            RuleId.WINDOWS_NOT_EXECUTABLE,
            "P14: window with X",
            p -> p.map("ring", m -> withLeaf(m, leaf("rwx")))),
        flaw(
            RuleId.WINDOWS_NOT_EXECUTABLE,
            "user-execute on the stack",
            p -> p.map("stack", m -> withLeaf(m, leaf("rwu")))),
        flaw(
            RuleId.FRAMES_WRITE_XOR_EXECUTE,
            "P16: trampoline frame mapped writable in the destination",
            p ->
                p.natAliases.add(
                    new Vm.Alias(
                        AT, new Gpa(0x7000_0000L), loader("trampoline", 4096), leaf("rw-")))),
        flaw(
            RuleId.FRAMES_WRITE_XOR_EXECUTE,
            "code leaf with W",
            p -> p.map("code", m -> withLeaf(m, leaf("rwx")))),
        flaw(
            RuleId.FRAMES_WRITE_XOR_EXECUTE,
            "code frame in the default view by sub-page writes",
            p ->
                p.defaultMappings.put(
                    "hole",
                    mapping(
                        "hole",
                        Role.RAM,
                        0x6000_0000L,
                        loader("code", 4096),
                        bits(leaf("r--"), true, false, false)))),
        flaw(
            RuleId.NO_FOREIGN_WRITER,
            "P16: trampoline frame in an IOMMU domain",
            p -> p.domains.add(new DmaDomain(AT, "nic0", List.of(loader("trampoline", 4096))))),
        flaw(
            RuleId.NO_FOREIGN_WRITER,
            "P16: trampoline left in a memory slot",
            p -> {
              p.fwMemory.add(memory("flash", 0x5000_0000L, 0x1000));
              var slot =
                  new dev.postern.model.Frames(
                      new dev.postern.model.Frames.Owner.Memory("fw", "flash"), 0, 0x1000);
              p.map("trampoline", m -> withFrames(m, slot));
              p.defaultMappings.compute("trampoline", (n, m) -> withFrames(m, slot));
            }),
        flaw(
            RuleId.NO_FOREIGN_WRITER,
            "memory slot over the view's addresses",
            p -> p.fwMemory.add(memory("hotplug", 0x8000_0000L, 0x10_0000L))),
        flaw(
            RuleId.NO_FOREIGN_WRITER,
            "window onto device memory",
            p ->
                p.natMemory.set(
                    0,
                    new Vm.Memory(
                        AT,
                        "ram",
                        new Gpa(0),
                        0x4000_0000L,
                        PageSize.LARGE,
                        Optional.empty(),
                        Vm.Kind.SPECIAL,
                        false))),
        flaw(
            RuleId.CONTROL_FRAMES_UNREACHABLE,
            "EPTP list in guest memory",
            p ->
                p.regions.add(
                    new ControlRegion(AT, ControlRegion.Kind.EPTP_LIST, fw(0x1000_0000L, 0x1000)))),
        flaw(
            RuleId.CONTROL_FRAMES_UNREACHABLE,
            "#VE area within a device's reach",
            p -> {
              p.regions.add(
                  new ControlRegion(AT, ControlRegion.Kind.VE_INFORMATION, host(0x9000, 0x1000)));
              p.domains.add(new DmaDomain(AT, "nic0", List.of(host(0x8000, 0x4000))));
            }),
        flaw(
            RuleId.PRIVATE_STATE_PRIVATE,
            "stack shared by vCPUs",
            p -> {
              p.vcpus = 2;
              p.map("stack", PolicyBuilder::shared);
            }),
        flaw(
            RuleId.PRIVATE_STATE_PRIVATE,
            "stack within a device's reach",
            p -> p.domains.add(new DmaDomain(AT, "nic0", List.of(loader("stack", 4096))))),
        flaw(
            RuleId.PRIVATE_STATE_PRIVATE,
            "stack mapped twice",
            p ->
                p.add(
                    mapping(
                        "again", Role.PRIVATE, 0xa000_0000L, loader("stack", 4096), leaf("rw-")))),
        flaw(
            RuleId.PRIVATE_STATE_PRIVATE,
            "stack readable in the destination",
            p ->
                p.natAliases.add(
                    new Vm.Alias(AT, new Gpa(0x7000_0000L), loader("stack", 4096), leaf("r--")))),
        flaw(
            RuleId.MEMORY_TYPE_CONSISTENT,
            "P28: PAT ignored in tx only",
            p ->
                p.defaultMappings.compute(
                    "ram", (n, m) -> withLeaf(m, typed(m.leaf(), MemoryType.WB, false)))),
        flaw(
            RuleId.MEMORY_TYPE_CONSISTENT,
            "uncached stack",
            p -> p.map("stack", m -> withLeaf(m, typed(m.leaf(), MemoryType.UC, true)))),
        flaw(
            RuleId.DIRTY_TRACKING_COMPATIBLE,
            "destination under migration",
            p ->
                p.natMemory.set(
                    0,
                    new Vm.Memory(
                        AT,
                        "ram",
                        new Gpa(0),
                        0x4000_0000L,
                        PageSize.LARGE,
                        Optional.empty(),
                        Vm.Kind.RAM,
                        true))),
        flaw(
            RuleId.TABLE_FRAMES_UNSHARED,
            "root in a device's reach",
            p -> {
              p.root = Optional.of(new Hpa(0x9000));
              p.domains.add(new DmaDomain(AT, "nic0", List.of(host(0x8000, 0x4000))));
            }));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("flaws")
  void refutedByItsRuleOnly(RuleId rule, String what, Consumer<PolicyBuilder> change) {
    PolicyBuilder builder = new PolicyBuilder();
    change.accept(builder);
    Report report = verify(builder.build());
    assertThat(report.outcome()).isEqualTo(Verdict.REFUTED);
    assertThat(
            report.findings().stream()
                .filter(finding -> finding.verdict() != Verdict.PROVED)
                .map(Finding::rule)
                .distinct())
        .containsExactly(rule.id());
    assertThat(report.views().getFirst().confinement()).isEqualTo(Verdict.REFUTED);
  }

  static Stream<Arguments> nearMisses() {
    return Stream.of(
        Arguments.of("as it is", (Consumer<PolicyBuilder>) p -> {}),
        near(
            "misconfiguration of an entry that maps nothing",
            p -> p.map("ring", m -> withLeaf(m, leaf("---")))),
        near(
            "execute-only code with the capability",
            p -> p.map("code", m -> withLeaf(m, leaf("--x")))),
        near(
            "user-execute for a CPL-3 gate",
            p -> {
              p.gates.add(gate(3));
              p.map("code", m -> withLeaf(m, leaf("r-u")));
              p.map("trampoline", m -> withLeaf(m, leaf("r-u")));
            }),
        near(
            "undeclared slots that are invalid",
            p -> {
              p.slots.add(new EptpSlot(AT, "fw", 7, new EptpSlot.Value.Raw(0)));
              p.slots.add(new EptpSlot(AT, "fw", 8, new EptpSlot.Value.Raw(-1)));
              p.slots.add(new EptpSlot(AT, "fw", 1, new EptpSlot.Value.RootOf("tx", Eptp.DEFAULT)));
            }),
        near(
            "large page wholly approved",
            p ->
                p.add(
                    paged(
                        mapping(
                            "buffers",
                            Role.DESTINATION_WINDOW,
                            0x9800_0000L,
                            nat(0x3800_0000L, 0x20_0000L),
                            leaf("rw-")),
                        PageSize.LARGE))),
        near(
            "two adjacent approvals under one window",
            p -> {
              p.approvals.set(0, approval("a", "fw", 0x3f00_0000L, 0x1000, true, PageSize.SMALL));
              p.approvals.add(approval("b", "fw", 0x3f00_1000L, 0x1000, true, PageSize.SMALL));
            }),
        near(
            "code frame readable elsewhere",
            p ->
                p.natAliases.add(
                    new Vm.Alias(
                        AT, new Gpa(0x7000_0000L), loader("trampoline", 4096), leaf("r--")))),
        near(
            "windows within a device's reach",
            p -> p.domains.add(new DmaDomain(AT, "nic0", List.of(nat(0, 0x4000_0000L))))),
        near(
            "memory slot that ends where the view begins",
            p -> p.fwMemory.add(memory("hotplug", 0x7000_0000L, 0x1000_1000L))),
        near("one stack for each of two vCPUs", p -> p.vcpus = 2),
        near(
            "migrating destination, window read-only",
            p -> {
              p.natMemory.set(
                  0,
                  new Vm.Memory(
                      AT,
                      "ram",
                      new Gpa(0),
                      0x4000_0000L,
                      PageSize.LARGE,
                      Optional.empty(),
                      Vm.Kind.RAM,
                      true));
              p.map("ring", m -> withLeaf(m, leaf("r--")));
            }),
        near(
            "control structures beside everything",
            p -> {
              p.root = Optional.of(new Hpa(0x9000));
              p.defaultRoot = Optional.of(new Hpa(0xa000));
              p.regions.add(
                  new ControlRegion(AT, ControlRegion.Kind.EPT_TABLES, host(0x9000, 0x3000)));
            }));
  }

  private static Arguments near(String what, Consumer<PolicyBuilder> change) {
    return Arguments.of(what, change);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nearMisses")
  void nearMissesAreProved(String what, Consumer<PolicyBuilder> change) {
    PolicyBuilder builder = new PolicyBuilder();
    change.accept(builder);
    Report report = verify(builder.build());
    assertThat(report.findings())
        .allSatisfy(f -> assertThat(f.verdict()).isEqualTo(Verdict.PROVED));
    assertThat(report.outcome()).isEqualTo(Verdict.PROVED);
    assertThat(report.views().getFirst().confinement()).isEqualTo(Verdict.PROVED);
    assertThat(report.views().getFirst().mediation()).isEqualTo(Verdict.NOT_CLAIMED);
  }

  @Test
  void largePageWitnessIsTheFirstUnapprovedFrame() {
    PolicyBuilder p = new PolicyBuilder();
    p.approvals.set(1, approval("buffers", "fw", 0x3800_0000L, 0x10_0000L, true, PageSize.LARGE));
    p.add(
        paged(
            mapping(
                "buffers",
                Role.DESTINATION_WINDOW,
                0x9800_0000L,
                nat(0x3800_0000L, 0x20_0000L),
                leaf("rw-")),
            PageSize.LARGE));
    Finding finding =
        verify(p.build()).findings().stream()
            .filter(f -> f.verdict() == Verdict.REFUTED)
            .findFirst()
            .orElseThrow();
    assertThat(finding.counterexample().orElseThrow().start())
        .containsEntry("gpa", "0x98100000")
        .containsEntry("access", "w");
  }

  private static Cpu cpu(Cpu cpu, boolean executeOnly, Set<PageSize> pages) {
    return new Cpu(
        AT,
        cpu.physicalAddressWidth(),
        executeOnly,
        pages,
        cpu.fiveLevel(),
        cpu.accessedDirty(),
        cpu.shadowStack(),
        cpu.features(),
        cpu.l1tf());
  }

  private static Cpu cpuWithoutAccessedDirty(Cpu cpu) {
    return new Cpu(
        AT,
        cpu.physicalAddressWidth(),
        cpu.executeOnly(),
        cpu.pageSizes(),
        cpu.fiveLevel(),
        false,
        cpu.shadowStack(),
        cpu.features(),
        cpu.l1tf());
  }

  private static Gate gate(int privilegeLevel) {
    return new Gate(
        AT,
        "transmit",
        "default",
        "tx",
        new La(T),
        new La(T + 10),
        new La(CD),
        new La(T + 64),
        new La(T + 71),
        Optional.of(Register.R15),
        privilegeLevel,
        Set.of(),
        Set.of(),
        Set.of(),
        4096,
        List.of());
  }
}
