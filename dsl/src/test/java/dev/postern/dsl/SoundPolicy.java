package dev.postern.dsl;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.DmaDomain;
import dev.postern.model.Doorbell;
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
import dev.postern.model.LoopInvariant;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Register;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
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
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Random policies whose names resolve and whose ranges are in order: all the language can say. */
final class SoundPolicy {

  private static final Location AT = new Location("random", 1, 1);
  private static final long PAGE = 4096;

  private final Random random;
  private final List<Vm> vms = new ArrayList<>();
  private int names;

  private SoundPolicy(long seed) {
    this.random = new Random(seed);
  }

  static Policy of(long seed) {
    return new SoundPolicy(seed).policy();
  }

  private Policy policy() {
    Cpu cpu = cpu();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      vms.add(vm(i));
    }
    List<View> views = new ArrayList<>();
    List<EptpSlot> slots = new ArrayList<>();
    List<Gate> gates = new ArrayList<>();
    for (Vm vm : vms) {
      View home = view(vm, 0);
      views.add(home);
      for (int index = 1; index < 1 + random.nextInt(3); index++) {
        View view = view(vm, index);
        views.add(view);
        gates.add(gate(home, view));
      }
      for (int index = 5; index < 5 + random.nextInt(3); index++) {
        slots.add(new EptpSlot(AT, vm.name(), index, slot(home)));
      }
    }
    return new Policy(
        AT,
        name(),
        random.nextLong() >>> 1,
        cpu,
        vms,
        flag() ? List.of() : List.of(new DmaDomain(AT, name(), List.of(frames(), frames()))),
        flag()
            ? List.of()
            : List.of(new ControlRegion(AT, one(ControlRegion.Kind.values()), frames())),
        views,
        slots,
        gates,
        flag() ? List.of() : List.of(new Waiver(AT, one(RuleId.values()).id(), reason())));
  }

  private boolean flag() {
    return random.nextBoolean();
  }

  private <T> T one(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private <E extends Enum<E>> Set<E> some(Class<E> type) {
    Set<E> set = EnumSet.allOf(type);
    set.removeIf(_ -> flag());
    return set;
  }

  /** Unique; often a keyword with a number, sometimes a keyword alone. */
  private String name() {
    String[] words = {"view", "x", "gate-", "at", "r", "size_", "private", "On"};
    return one(words) + "-" + names++;
  }

  private String reason() {
    StringBuilder text = new StringBuilder("because");
    random
        .ints(8, 0, 0x11_0000)
        .filter(p -> p < 0xd800 || p > 0xdfff)
        .map(p -> flag() ? p : p & 0x7f)
        .forEach(text::appendCodePoint);
    return text.toString();
  }

  private Cpu cpu() {
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    some(Cpu.Feature.class).forEach(feature -> features.put(feature, flag()));
    Set<PageSize> pages = some(PageSize.class);
    pages.remove(PageSize.SMALL);
    return new Cpu(
        AT,
        32 + random.nextInt(21),
        flag(),
        pages,
        flag(),
        flag(),
        flag(),
        features,
        one(Cpu.L1tf.values()));
  }

  private Vm vm(int number) {
    String name = name();
    List<Vm.Memory> memory = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(2); i++) {
      memory.add(
          new Vm.Memory(
              AT,
              name(),
              new Gpa((long) i << 32),
              (1L + random.nextInt(8)) << 30,
              one(PageSize.values()),
              flag() ? Optional.empty() : Optional.of(new Hpa((long) (number * 4 + i) << 40)),
              one(Vm.Kind.values()),
              flag()));
    }
    memory = memory.subList(0, 1);
    Set<Control> held = some(Control.class);
    Set<Integer> vectors = new TreeSet<>();
    random.ints(4, 0, 32).forEach(vectors::add);
    List<Vm.Approval> approvals = new ArrayList<>();
    for (int i = 0; i < random.nextInt(3); i++) {
      long offset = random.nextInt(1000) * PAGE;
      approvals.add(
          new Vm.Approval(
              AT,
              name(),
              vms.isEmpty() ? name : vms.getFirst().name(),
              new Gpa(offset),
              PAGE,
              flag(),
              one(PageSize.values()),
              part(name, memory.getFirst(), offset, PAGE),
              flag() ? Set.of() : Set.of(name),
              flag()
                  ? Optional.empty()
                  : Optional.of(
                      new Doorbell(one(Doorbell.Wait.values()), some(Doorbell.Exit.class)))));
    }
    List<Vm.Alias> aliases = new ArrayList<>();
    if (flag()) {
      aliases.add(
          new Vm.Alias(
              AT,
              new Gpa(random.nextInt() * PAGE & Long.MAX_VALUE),
              part(name, memory.getFirst(), 0, 3 * PAGE),
              leaf()));
    }
    return new Vm(
        AT,
        name,
        true,
        true,
        1 + random.nextInt(4096),
        memory,
        new Lock(
            AT,
            some(Lock.Kind.class),
            flag()
                ? Optional.empty()
                : Optional.of(new Lock.Range(new La(random.nextLong() & -2 * PAGE), PAGE))),
        new Controls(AT, held, held.contains(Control.K9) ? vectors : Set.of()),
        approvals,
        aliases);
  }

  private static Frames part(String vm, Vm.Memory region, long offset, long size) {
    return region
        .host()
        .map(host -> new Frames(new Frames.Owner.Host(), host.value() + offset, size))
        .orElseGet(() -> new Frames(new Frames.Owner.Memory(vm, region.name()), offset, size));
  }

  private Frames frames() {
    return frames((1L + random.nextInt(4)) * PAGE);
  }

  private Frames frames(long size) {
    Vm vm = vms.get(random.nextInt(vms.size()));
    long offset = random.nextInt(1000) * PAGE;
    return switch (random.nextInt(3)) {
      case 0 -> new Frames(new Frames.Owner.Host(), offset, size);
      case 1 -> new Frames(new Frames.Owner.Loader("v", "m"), offset, size);
      default -> part(vm.name(), vm.memory().getFirst(), offset, size);
    };
  }

  private Leaf leaf() {
    return new Leaf(
        flag(),
        flag(),
        flag(),
        flag(),
        one(MemoryType.values()),
        flag(),
        flag(),
        flag(),
        flag(),
        flag(),
        flag(),
        flag(),
        flag());
  }

  private Eptp eptp() {
    return new Eptp(one(MemoryType.values()), 1 + random.nextInt(8), flag(), flag());
  }

  private View view(Vm vm, int index) {
    List<Mapping> mappings = new ArrayList<>();
    for (int i = 0; i < random.nextInt(4); i++) {
      mappings.add(mapping(i));
    }
    return new View(
        AT,
        name(),
        vm.name(),
        index,
        eptp(),
        flag() ? Optional.empty() : Optional.of(new Hpa(random.nextInt(1 << 20) * PAGE)),
        flag(),
        mappings,
        flag() ? Optional.empty() : Optional.of(reason()));
  }

  private Mapping mapping(int number) {
    long size = (1L + random.nextInt(4)) * PAGE;
    return new Mapping(
        AT,
        name(),
        one(Role.values()),
        new Gpa((long) number << 40 | random.nextInt(1 << 20) * PAGE),
        new La(random.nextLong() & (-PAGE << 8) & Long.MAX_VALUE),
        size,
        PageSize.SMALL,
        frames(size),
        leaf(),
        flag(),
        flag() ? Optional.empty() : Optional.of(image((int) size)));
  }

  private CodeImage image(int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) 0xcc);
    int length = 1 + random.nextInt(size);
    byte[] code = new byte[length];
    random.nextBytes(code);
    System.arraycopy(code, 0, bytes, 0, length);
    TreeMap<String, Integer> symbols = new TreeMap<>();
    for (int i = 0; i < random.nextInt(3); i++) {
      symbols.put(flag() ? name() : reason(), random.nextInt(length + 1));
    }
    return new CodeImage(name(), ".text", Bytes.of(bytes), length, symbols, List.of());
  }

  private EptpSlot.Value slot(View view) {
    return flag()
        ? new EptpSlot.Value.Raw(random.nextLong())
        : new EptpSlot.Value.RootOf(view.name(), eptp());
  }

  private List<LoopInvariant> invariants() {
    return flag()
        ? List.of()
        : List.of(
            new LoopInvariant(AT, new La(random.nextLong()), List.of(comparison(), comparison())));
  }

  private LoopInvariant.Comparison comparison() {
    return new LoopInvariant.Comparison(sum(), one(LoopInvariant.Relation.values()), sum());
  }

  private LoopInvariant.Sum sum() {
    List<LoopInvariant.Addend> addends = new ArrayList<>();
    addends.add(
        new LoopInvariant.Addend(1 + random.nextLong(1 << 20), new LoopInvariant.Quantity.One()));
    if (flag()) {
      addends.add(
          new LoopInvariant.Addend(
              flag() ? 1 : -8, new LoopInvariant.Quantity.InRegister(one(Register.values()))));
    }
    if (flag()) {
      addends.add(
          new LoopInvariant.Addend(
              1, new LoopInvariant.Quantity.OnStack(random.nextInt(4096), 1 << random.nextInt(4))));
    }
    return new LoopInvariant.Sum(addends);
  }

  private Gate gate(View from, View to) {
    return new Gate(
        AT,
        name(),
        from.name(),
        to.name(),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        flag() ? Optional.empty() : Optional.of(one(Register.values())),
        flag() ? 0 : 3,
        some(Register.class),
        some(Register.class),
        some(Register.class),
        1 + (random.nextLong() >>> 2),
        invariants());
  }
}
