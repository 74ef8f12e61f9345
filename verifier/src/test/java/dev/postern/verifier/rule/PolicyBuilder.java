package dev.postern.verifier.rule;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.DmaDomain;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * The good pair of the security model (P1) but for its code, as a mutable thing to bend: each
 * method changes one fact.
 */
final class PolicyBuilder {

  static final Location AT = new Location("test.postern", 1, 1);
  static final long T = 0x8000_1000L;
  static final long CD = 0x8000_2000L;
  static final long S = 0x8000_3000L;
  static final long Q = 0x8100_0000L;
  static final long A = 0x9000_0000L;

  Cpu cpu =
      new Cpu(
          AT,
          46,
          true,
          EnumSet.of(PageSize.LARGE, PageSize.HUGE),
          false,
          true,
          false,
          features(),
          Cpu.L1tf.NOT_AFFECTED);
  int vcpus = 1;
  final List<Vm.Memory> fwMemory = new ArrayList<>();
  final List<Vm.Memory> natMemory = new ArrayList<>();
  final List<Vm.Approval> approvals = new ArrayList<>();
  final List<Vm.Alias> natAliases = new ArrayList<>();
  final Set<Control> held = EnumSet.allOf(Control.class);
  final Set<Integer> intercepted = new TreeSet<>(Controls.STRICT_INTERCEPTS);
  final Map<String, Mapping> defaultMappings = new TreeMap<>();
  final Map<String, Mapping> mappings = new TreeMap<>();
  final List<DmaDomain> domains = new ArrayList<>();
  final List<ControlRegion> regions = new ArrayList<>();
  final List<EptpSlot> slots = new ArrayList<>();
  final List<View> moreViews = new ArrayList<>();
  final List<Vm> moreVms = new ArrayList<>();
  final List<Waiver> waivers = new ArrayList<>();
  final List<Gate> gates = new ArrayList<>();
  Eptp eptp = Eptp.DEFAULT;
  int index = 1;
  int defaultIndex = 0;
  Optional<Hpa> root = Optional.empty();
  Optional<Hpa> defaultRoot = Optional.empty();
  Optional<String> notClaimed = Optional.of("this test is about confinement");

  PolicyBuilder() {
    fwMemory.add(memory("ram", 0, 0x4000_0000L));
    natMemory.add(memory("ram", 0, 0x4000_0000L));
    approvals.add(approval("ring", "fw", 0x3f00_0000L, 0x2000, true, PageSize.SMALL));
    approvals.add(approval("buffers", "fw", 0x3800_0000L, 0x100_0000L, true, PageSize.LARGE));
    defaultMappings.put("ram", mapping("ram", Role.RAM, 0, fw(0, 0x4000_0000L), leaf("rwx")));
    defaultMappings.put("trampoline", code("trampoline", Role.TRAMPOLINE, T, false));
    mappings.put("trampoline", code("trampoline", Role.TRAMPOLINE, T, true));
    mappings.put("code", code("code", Role.CODE, CD, true));
    mappings.put(
        "stack",
        new Mapping(
            AT,
            "stack",
            Role.PRIVATE,
            new Gpa(S),
            new La(S),
            0x4000,
            PageSize.SMALL,
            loader("stack", 0x4000),
            leaf("rw-"),
            true,
            Optional.empty()));
    mappings.put(
        "source",
        mapping("source", Role.SOURCE_WINDOW, Q, fw(0x1000_0000L, 0x100_0000L), leaf("r--")));
    mappings.put(
        "ring",
        mapping("ring", Role.DESTINATION_WINDOW, A, nat(0x3f00_0000L, 0x2000), leaf("rw-")));
  }

  private static Map<Cpu.Feature, Boolean> features() {
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    for (Cpu.Feature feature : Cpu.Feature.values()) {
      features.put(feature, feature == Cpu.Feature.HLAT || feature == Cpu.Feature.MBEC);
    }
    return features;
  }

  PolicyBuilder with(UnaryOperator<PolicyBuilder> change) {
    return change.apply(this);
  }

  /** Replaces a mapping of the protected view. */
  PolicyBuilder map(String name, UnaryOperator<Mapping> change) {
    mappings.compute(name, (n, old) -> change.apply(old));
    return this;
  }

  /** Adds a mapping to the protected view. */
  PolicyBuilder add(Mapping mapping) {
    mappings.put(mapping.name(), mapping);
    return this;
  }

  Policy build() {
    List<Vm> vms = new ArrayList<>();
    vms.add(
        new Vm(
            AT,
            "fw",
            true,
            false,
            vcpus,
            fwMemory,
            new Lock(
                AT,
                EnumSet.of(Lock.Kind.HLAT),
                Optional.of(new Lock.Range(new La(0x8000_0000L), 0x4000_0000L))),
            new Controls(AT, held, intercepted),
            List.of(),
            List.of()));
    vms.add(
        new Vm(
            AT,
            "nat",
            false,
            true,
            1,
            natMemory,
            new Lock(AT, Set.of(), Optional.empty()),
            new Controls(AT, Set.of(), Set.of()),
            approvals,
            natAliases));
    vms.addAll(moreVms);
    List<View> views = new ArrayList<>();
    views.add(
        view(
            "default", defaultIndex, Eptp.DEFAULT, defaultRoot, defaultMappings, Optional.empty()));
    views.add(view("tx", index, eptp, root, mappings, notClaimed));
    views.addAll(moreViews);
    return new Policy(AT, "fw-to-nat", 1, cpu, vms, domains, regions, views, slots, gates, waivers);
  }

  static View view(
      String name,
      int index,
      Eptp eptp,
      Optional<Hpa> root,
      Map<String, Mapping> mappings,
      Optional<String> notClaimed) {
    List<Mapping> sorted =
        mappings.values().stream().sorted((a, b) -> a.gpa().compareTo(b.gpa())).toList();
    return new View(AT, name, "fw", index, eptp, root, true, sorted, notClaimed);
  }

  static Vm.Memory memory(String name, long gpa, long size) {
    return new Vm.Memory(
        AT, name, new Gpa(gpa), size, PageSize.LARGE, Optional.empty(), Vm.Kind.RAM, false);
  }

  static Vm.Approval approval(
      String name, String source, long offset, long size, boolean write, PageSize page) {
    return new Vm.Approval(
        AT, name, source, new Gpa(offset), size, write, page, nat(offset, size), Set.of());
  }

  static Frames fw(long offset, long size) {
    return new Frames(new Frames.Owner.Memory("fw", "ram"), offset, size);
  }

  static Frames nat(long offset, long size) {
    return new Frames(new Frames.Owner.Memory("nat", "ram"), offset, size);
  }

  static Frames host(long address, long size) {
    return new Frames(new Frames.Owner.Host(), address, size);
  }

  static Frames loader(String mapping, long size) {
    return new Frames(new Frames.Owner.Loader("tx", mapping), 0, size);
  }

  static Mapping mapping(String name, Role role, long gpa, Frames frames, Leaf leaf) {
    return new Mapping(
        AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        frames.size(),
        PageSize.SMALL,
        frames,
        leaf,
        false,
        Optional.empty());
  }

  private static Mapping code(String name, Role role, long gpa, boolean inView) {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xcc);
    CodeImage image =
        new CodeImage("vhost", name, Bytes.of(page), 4096, new TreeMap<>(), List.of());
    return new Mapping(
        AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        4096,
        PageSize.SMALL,
        loader(name, 4096),
        leaf("r-x"),
        false,
        Optional.of(image));
  }

  /** A leaf by its permissions: letters of "rwxu", write-back. */
  static Leaf leaf(String permissions) {
    return new Leaf(
        permissions.contains("r"),
        permissions.contains("w"),
        permissions.contains("x"),
        permissions.contains("u"),
        MemoryType.WB,
        true,
        false,
        false,
        true,
        false,
        false,
        false,
        true);
  }

  static Mapping withLeaf(Mapping m, Leaf leaf) {
    return new Mapping(
        m.at(),
        m.name(),
        m.role(),
        m.gpa(),
        m.la(),
        m.size(),
        m.pageSize(),
        m.frames(),
        leaf,
        m.perVcpu(),
        m.image(),
        m.discloses());
  }

  static Mapping withFrames(Mapping m, Frames frames) {
    return new Mapping(
        m.at(),
        m.name(),
        m.role(),
        m.gpa(),
        m.la(),
        m.size(),
        m.pageSize(),
        frames,
        m.leaf(),
        m.perVcpu(),
        m.image(),
        m.discloses());
  }

  static Mapping shared(Mapping m) {
    return new Mapping(
        m.at(),
        m.name(),
        m.role(),
        m.gpa(),
        m.la(),
        m.size(),
        m.pageSize(),
        m.frames(),
        m.leaf(),
        false,
        m.image(),
        m.discloses());
  }

  /** In pages of this size. */
  static Mapping paged(Mapping m, PageSize pageSize) {
    return new Mapping(
        m.at(),
        m.name(),
        m.role(),
        m.gpa(),
        m.la(),
        m.size(),
        pageSize,
        m.frames(),
        m.leaf(),
        m.perVcpu(),
        m.image(),
        m.discloses());
  }

  static Leaf typed(Leaf l, MemoryType type, boolean ignorePat) {
    return new Leaf(
        l.read(),
        l.write(),
        l.execute(),
        l.userExecute(),
        type,
        ignorePat,
        l.accessed(),
        l.dirty(),
        l.verifyGuestPaging(),
        l.pagingWrite(),
        l.supervisorShadowStack(),
        l.subPageWrite(),
        l.suppressVe());
  }

  /** With sub-page, paging-write and shadow-stack bits as given. */
  static Leaf bits(Leaf l, boolean subPage, boolean pagingWrite, boolean shadowStack) {
    return new Leaf(
        l.read(),
        l.write(),
        l.execute(),
        l.userExecute(),
        l.memoryType(),
        l.ignorePat(),
        l.accessed(),
        l.dirty(),
        l.verifyGuestPaging(),
        pagingWrite,
        shadowStack,
        subPage,
        l.suppressVe());
  }
}
