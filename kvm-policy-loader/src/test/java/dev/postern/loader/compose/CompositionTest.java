package dev.postern.loader.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.Samples;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.DmaDomain;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Two policies that are safe alone; one thing changed in the second, and the pair is named. */
class CompositionTest {

  private static final Policy INSTALLED = Samples.policy();
  private static final Policy NEXT = Samples.policy("fw-to-log", 1, 2, 0x1_0000_0000L, List.of());
  private static final Frames HOST_PAGE = new Frames(new Frames.Owner.Host(), 0x7000_0000L, 0x1000);

  @Test
  void apartTheyCompose() {
    assertThat(Composition.check(List.of(INSTALLED), NEXT)).isEmpty();
    assertThat(Composition.check(List.of(NEXT), INSTALLED)).isEmpty();
    assertThat(Composition.check(List.of(), NEXT)).isEmpty();
  }

  @Test
  void oneIndex() {
    assertClash("O-13", Samples.policy("fw-to-log", 1, 1, 0x1_0000_0000L, List.of()), "one index");
  }

  @Test
  void onePageOfTheDefaultView() {
    Policy next = Samples.policy("fw-to-log", 1, 2, 0x8000_0000L, List.of());
    assertClash("O-80", next, "one guest-physical page of the default view");
  }

  /** P29: B's trampoline is executable in A's view. */
  @Test
  void aTrampolineInAViewItWasNotProvedFor() {
    Policy next =
        add(
            NEXT,
            2,
            page("borrowed", Role.CODE, 0x8000_1000L, loader("borrowed"), Samples.CODE, "cc"));
    assertClash("O-12", next, "a trampoline's page is executable in a view");
    // The same the other way round: what is installed has the page, the next one the trampoline.
    assertThat(Composition.check(List.of(next), INSTALLED))
        .anyMatch(clash -> clash.obligation().equals("O-12"));
  }

  @Test
  void otherControls() {
    assertClash(
        "O-80",
        vm(
            NEXT,
            vm ->
                new Vm(
                    vm.at(),
                    vm.name(),
                    vm.source(),
                    vm.destination(),
                    vm.vcpus(),
                    vm.memory(),
                    vm.lock(),
                    new Controls(vm.at(), EnumSet.of(Control.K1), Set.of()),
                    vm.approvals(),
                    vm.aliases())),
        "other controls");
  }

  @Test
  void underScanAnotherOffset() {
    UnaryOperator<Vm> scan =
        vm ->
            new Vm(
                vm.at(),
                vm.name(),
                vm.source(),
                vm.destination(),
                vm.vcpus(),
                vm.memory(),
                new Lock(vm.at(), Set.of(Lock.Kind.SCAN, Lock.Kind.PRIVATE_PT), Optional.empty()),
                vm.controls(),
                vm.approvals(),
                vm.aliases());
    Policy installed = gate(vm(INSTALLED, scan), 0x8000_100aL);
    Policy same = gate(vm(NEXT, scan), 0x1_0000_100aL);
    Policy other = gate(vm(NEXT, scan), 0x1_0000_1047L);
    assertThat(Composition.check(List.of(installed), same)).isEmpty();
    assertThat(Composition.check(List.of(installed), other))
        .extracting(Clash::obligation)
        .containsOnly("O-03");
  }

  @Test
  void pagesThatMakeAVmfuncTogether() {
    Policy installed =
        add(
            INSTALLED,
            0,
            page("a", Role.TRAMPOLINE, 0x2_0000_0000L, loader("a"), Samples.CODE, "cc", "0f"));
    Policy next =
        add(
            NEXT,
            0,
            page("b", Role.TRAMPOLINE, 0x2_0000_1000L, loader("b"), Samples.CODE, "01d4", "cc"));
    assertThat(Composition.check(List.of(installed), next))
        .containsExactly(
            new Clash(
                "O-07",
                "fw-to-nat/default.a",
                "fw-to-log/default.b",
                "the end of one page and the beginning of the other make a VMFUNC"));
    Policy rex2 =
        add(
            INSTALLED,
            0,
            page("a", Role.TRAMPOLINE, 0x2_0000_0000L, loader("a"), Samples.CODE, "cc", "d580"));
    assertThat(Composition.check(List.of(rex2), next))
        .extracting(Clash::obligation)
        .containsExactly("O-07");
    Policy add =
        add(
            INSTALLED,
            0,
            page("a", Role.TRAMPOLINE, 0x2_0000_0000L, loader("a"), Samples.CODE, "cc", "d57f"));
    assertThat(Composition.check(List.of(add), next)).isEmpty();
  }

  @Test
  void oneFrameTwoMemoryTypes() {
    Policy installed =
        add(
            INSTALLED,
            1,
            page(
                "a",
                Role.SOURCE_WINDOW,
                0x3_0000_0000L,
                HOST_PAGE,
                Samples.leaf("r--", MemoryType.WB),
                ""));
    Policy next =
        add(
            NEXT,
            2,
            page(
                "b",
                Role.SOURCE_WINDOW,
                0x3_0000_1000L,
                HOST_PAGE,
                Samples.leaf("r--", MemoryType.UC),
                ""));
    assertOnly("O-24", installed, next);
  }

  @Test
  void oneExecutesWhatTheOtherWrites() {
    Policy installed =
        add(INSTALLED, 1, page("a", Role.CODE, 0x3_0000_0000L, HOST_PAGE, Samples.CODE, "cc"));
    Policy next =
        add(
            NEXT,
            2,
            page("b", Role.DESTINATION_WINDOW, 0x3_0000_1000L, HOST_PAGE, Samples.DATA, ""));
    assertOnly("O-30", installed, next);
    assertOnly("O-30", next, installed);
  }

  @Test
  void privateFramesOfAnother() {
    Policy installed =
        add(INSTALLED, 1, page("a", Role.PRIVATE, 0x3_0000_0000L, HOST_PAGE, Samples.DATA, ""));
    Policy next =
        add(
            NEXT,
            2,
            page(
                "b",
                Role.SOURCE_WINDOW,
                0x3_0000_1000L,
                HOST_PAGE,
                Samples.leaf("r--", MemoryType.WB),
                ""));
    assertOnly("O-58", installed, next);
  }

  @Test
  void aDeviceOfOneReachesCodeOfTheOther() {
    Policy next = add(NEXT, 2, page("b", Role.CODE, 0x3_0000_1000L, HOST_PAGE, Samples.CODE, "cc"));
    Policy installed =
        with(
            INSTALLED,
            INSTALLED.views(),
            INSTALLED.vms(),
            INSTALLED.gates(),
            List.of(new DmaDomain(Samples.AT, "nic", List.of(HOST_PAGE))));
    assertOnly("O-31", installed, next);
  }

  @Test
  void twoSourcesWriteOneFrame() {
    Policy other = rename(NEXT, "fw2");
    assertThat(Composition.check(List.of(INSTALLED), other))
        .extracting(Clash::obligation)
        .containsOnly("O-37");
    assertThat(Composition.check(List.of(share(INSTALLED, "fw2")), share(other, "fw"))).isEmpty();
    assertThat(Composition.check(List.of(share(INSTALLED, "fw2")), other)).isNotEmpty();
  }

  private static void assertClash(String obligation, Policy next, String detail) {
    assertThat(Composition.check(List.of(INSTALLED), next))
        .anyMatch(clash ->
            clash.obligation().equals(obligation)
                && clash.detail().contains(detail)
                && clash.installed().startsWith("fw-to-nat/")
                && clash.next().startsWith("fw-to-log/"));
  }

  private static void assertOnly(String obligation, Policy installed, Policy next) {
    assertThat(Composition.check(List.of(installed), next))
        .extracting(Clash::obligation)
        .containsExactly(obligation);
  }

  private static Frames loader(String name) {
    return new Frames(new Frames.Owner.Loader("tx", name), 0, 0x1000);
  }

  /** A page that begins with {@code head} and ends with {@code tail}, in hexadecimal. */
  private static Mapping page(
      String name, Role role, long gpa, Frames frames, Leaf leaf, String head, String... tail) {
    byte[] bytes = new byte[4096];
    Arrays.fill(bytes, (byte) 0xcc);
    byte[] first = java.util.HexFormat.of().parseHex(head);
    System.arraycopy(first, 0, bytes, 0, first.length);
    for (String last : tail) {
      byte[] end = java.util.HexFormat.of().parseHex(last);
      System.arraycopy(end, 0, bytes, 4096 - end.length, end.length);
    }
    return new Mapping(
        Samples.AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        4096,
        PageSize.SMALL,
        frames,
        leaf,
        false,
        head.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new CodeImage("c", ".text", Bytes.of(bytes), 0, new TreeMap<>(), List.of())));
  }

  private static Policy add(Policy policy, int index, Mapping mapping) {
    List<View> views = new ArrayList<>();
    for (View view : policy.views()) {
      if (view.index() != index) {
        views.add(view);
        continue;
      }
      List<Mapping> mappings = new ArrayList<>(view.mappings());
      mappings.add(mapping);
      mappings.sort((a, b) -> Long.compareUnsigned(a.gpa().value(), b.gpa().value()));
      views.add(view(view, view.vm(), mappings));
    }
    return with(policy, views, policy.vms(), policy.gates(), policy.dmaDomains());
  }

  private static View view(View view, String vm, List<Mapping> mappings) {
    return new View(
        view.at(),
        view.name(),
        vm,
        view.index(),
        Eptp.DEFAULT,
        Optional.empty(),
        view.suppressVeAbsent(),
        mappings,
        Optional.empty());
  }

  private static Policy vm(Policy policy, UnaryOperator<Vm> change) {
    return with(
        policy,
        policy.views(),
        policy.vms().stream().map(vm -> vm.source() ? change.apply(vm) : vm).toList(),
        policy.gates(),
        policy.dmaDomains());
  }

  private static Policy gate(Policy policy, long landing) {
    Gate gate =
        new Gate(
            Samples.AT,
            "g",
            "default",
            "tx",
            new La(0),
            new La(landing),
            new La(0),
            new La(0),
            new La(landing),
            Optional.empty(),
            0,
            Set.of(),
            Set.of(),
            Set.of(),
            1,
            List.of());
    return with(policy, policy.views(), policy.vms(), List.of(gate), policy.dmaDomains());
  }

  private static Policy rename(Policy policy, String source) {
    List<Vm> vms =
        policy.vms().stream()
            .map(vm ->
                new Vm(
                    vm.at(),
                    vm.source() ? source : vm.name(),
                    vm.source(),
                    vm.destination(),
                    vm.vcpus(),
                    vm.memory(),
                    vm.lock(),
                    vm.controls(),
                    vm.approvals().stream()
                        .map(approval -> approval(approval, source, approval.sharedWith()))
                        .toList(),
                    vm.aliases()))
            .toList();
    List<View> views =
        policy.views().stream().map(view -> view(view, source, view.mappings())).toList();
    return with(policy, views, vms, policy.gates(), policy.dmaDomains());
  }

  private static Policy share(Policy policy, String with) {
    List<Vm> vms =
        policy.vms().stream()
            .map(vm ->
                new Vm(
                    vm.at(),
                    vm.name(),
                    vm.source(),
                    vm.destination(),
                    vm.vcpus(),
                    vm.memory(),
                    vm.lock(),
                    vm.controls(),
                    vm.approvals().stream()
                        .map(approval -> approval(approval, approval.source(), Set.of(with)))
                        .toList(),
                    vm.aliases()))
            .toList();
    return with(policy, policy.views(), vms, policy.gates(), policy.dmaDomains());
  }

  private static Vm.Approval approval(Vm.Approval approval, String source, Set<String> sharers) {
    return new Vm.Approval(
        approval.at(),
        approval.name(),
        source,
        approval.gpa(),
        approval.size(),
        approval.write(),
        approval.pageSize(),
        approval.frames(),
        sharers);
  }

  private static Policy with(
      Policy policy, List<View> views, List<Vm> vms, List<Gate> gates, List<DmaDomain> dma) {
    return new Policy(
        policy.at(),
        policy.name(),
        policy.version(),
        policy.cpu(),
        vms,
        dma,
        policy.controlRegions(),
        views,
        policy.slots(),
        gates,
        policy.waivers());
  }
}
