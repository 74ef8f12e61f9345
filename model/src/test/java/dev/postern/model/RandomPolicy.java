package dev.postern.model;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Any policy the constructors let through; most make no sense, and all must survive JSON. */
public final class RandomPolicy {

  private final Random random;

  private RandomPolicy(long seed) {
    this.random = new Random(seed);
  }

  public static Policy of(long seed) {
    return new RandomPolicy(seed).policy();
  }

  private Policy policy() {
    return new Policy(
        at(),
        word(),
        random.nextLong() >>> 1,
        cpu(),
        list(this::vm),
        list(() -> new DmaDomain(at(), word(), list(this::frames))),
        list(() -> new ControlRegion(at(), one(ControlRegion.Kind.values()), frames())),
        list(this::view),
        list(() -> new EptpSlot(at(), word(), random.nextInt(512), slotValue())),
        list(this::gate),
        list(() -> new Waiver(at(), word(), word())));
  }

  private Cpu cpu() {
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    some(Cpu.Feature.class).forEach(feature -> features.put(feature, flag()));
    return new Cpu(
        at(),
        32 + random.nextInt(21),
        flag(),
        some(PageSize.class),
        flag(),
        flag(),
        flag(),
        features,
        one(Cpu.L1tf.values()));
  }

  private Vm vm() {
    return new Vm(
        at(),
        word(),
        flag(),
        flag(),
        1 + random.nextInt(4096),
        list(() ->
            new Vm.Memory(
                at(),
                word(),
                new Gpa(random.nextLong()),
                random.nextLong(),
                one(PageSize.values()),
                maybe(() -> new Hpa(random.nextLong())),
                one(Vm.Kind.values()),
                flag())),
        new Lock(
            at(),
            some(Lock.Kind.class),
            maybe(() ->
                new Lock.Range(new La(random.nextLong() >>> 1), 1 + random.nextInt(1 << 30)))),
        new Controls(at(), some(Control.class), vectors()),
        list(() ->
            new Vm.Approval(
                at(),
                word(),
                word(),
                new Gpa(random.nextLong()),
                random.nextLong(),
                flag(),
                one(PageSize.values()),
                frames(),
                new TreeSet<>(list(this::word)),
                maybe(() -> new Doorbell(one(Doorbell.Wait.values()), some(Doorbell.Exit.class))))),
        list(() -> new Vm.Alias(at(), new Gpa(random.nextLong()), frames(), leaf())));
  }

  private View view() {
    List<Mapping> mappings = new ArrayList<>();
    long gpa = 0;
    for (int i = random.nextInt(4); i > 0; i--) {
      Mapping mapping = mapping(gpa);
      mappings.add(mapping);
      gpa = mapping.gpa().value() + mapping.size() + (1L << 30);
    }
    return new View(
        at(),
        word(),
        word(),
        random.nextInt(512),
        eptp(),
        maybe(() -> new Hpa(random.nextLong())),
        flag(),
        mappings,
        maybe(this::word));
  }

  private Mapping mapping(long atLeast) {
    Optional<CodeImage> image = maybe(this::image);
    PageSize pageSize = image.isPresent() ? PageSize.SMALL : one(PageSize.values());
    long size =
        image.map(i -> (long) i.bytes().size()).orElse(pageSize.bytes() * (1 + random.nextInt(3)));
    long gpa = (atLeast + pageSize.bytes() - 1) & -pageSize.bytes();
    Role role = one(Role.values());
    Leaf leaf = leaf();
    boolean told = role == Role.SOURCE_WINDOW && leaf.write();
    return new Mapping(
        at(),
        word(),
        role,
        new Gpa(gpa),
        new La((random.nextLong() >>> 1) & -4096),
        size,
        pageSize,
        new Frames(owner(), pageSize.bytes() * random.nextInt(100), size),
        leaf,
        flag(),
        image,
        told ? one(Disclosure.values()) : Disclosure.NOTHING);
  }

  private CodeImage image() {
    byte[] bytes = new byte[4096 * (1 + random.nextInt(2))];
    random.nextBytes(bytes);
    TreeMap<String, Integer> symbols = new TreeMap<>();
    list(this::word).forEach(name -> symbols.put(name, random.nextInt(4096)));
    return new CodeImage(
        word(),
        word(),
        Bytes.of(bytes),
        random.nextInt(bytes.length + 1),
        symbols,
        list(() -> new CodeImage.Line(random.nextInt(4096), at())));
  }

  private List<LoopInvariant> invariants() {
    return flag()
        ? List.of()
        : List.of(
            new LoopInvariant(
                at(), new La(random.nextLong()), List.of(comparison(), comparison())));
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

  private Gate gate() {
    return new Gate(
        at(),
        word(),
        word(),
        word(),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        new La(random.nextLong()),
        maybe(() -> one(Register.values())),
        flag() ? 0 : 3,
        some(Register.class),
        some(Register.class),
        some(Register.class),
        1 + (random.nextLong() >>> 2),
        invariants());
  }

  private EptpSlot.Value slotValue() {
    return flag()
        ? new EptpSlot.Value.Raw(random.nextLong())
        : new EptpSlot.Value.RootOf(word(), eptp());
  }

  private Eptp eptp() {
    return new Eptp(one(MemoryType.values()), 1 + random.nextInt(8), flag(), flag());
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

  private Frames frames() {
    return new Frames(owner(), 4096L * random.nextInt(1000), 4096L * (1 + random.nextInt(1000)));
  }

  private Frames.Owner owner() {
    return switch (random.nextInt(3)) {
      case 0 -> new Frames.Owner.Host();
      case 1 -> new Frames.Owner.Memory(word(), word());
      default -> new Frames.Owner.Loader(word(), word());
    };
  }

  private Set<Integer> vectors() {
    Set<Integer> vectors = new TreeSet<>();
    list(() -> random.nextInt(32)).forEach(vectors::add);
    return vectors;
  }

  private Location at() {
    return new Location(word(), 1 + random.nextInt(1000), 1 + random.nextInt(100));
  }

  private String word() {
    return "w" + Integer.toString(random.nextInt(1 << 20), 36);
  }

  private boolean flag() {
    return random.nextBoolean();
  }

  private <T> T one(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private <E extends Enum<E>> Set<E> some(Class<E> type) {
    Set<E> set = EnumSet.noneOf(type);
    for (E constant : type.getEnumConstants()) {
      if (flag()) {
        set.add(constant);
      }
    }
    return set;
  }

  private <T> List<T> list(Supplier<T> item) {
    List<T> items = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      items.add(item.get());
    }
    return items;
  }

  private <T> Optional<T> maybe(Supplier<T> value) {
    return flag() ? Optional.of(value.get()) : Optional.empty();
  }
}
