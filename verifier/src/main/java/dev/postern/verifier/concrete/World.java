package dev.postern.verifier.concrete;

import dev.postern.model.Bytes;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Leaf;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.x86.Decoded;
import dev.postern.x86.Decoder;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything around one source VM's processor: its EPTP list, what each view maps, and the frames'
 * contents. Built from the policy alone.
 */
public final class World {

  private static final long PAGE = PageSize.SMALL.bytes();

  /** A frame by its owner and page number. */
  record FrameKey(Frames.Owner owner, long page) {
    /** As of any record; written out, for each instruction that is executed asks. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof FrameKey its && page == its.page && owner.equals(its.owner);
    }

    @Override
    public int hashCode() {
      return 31 * owner.hashCode() + Long.hashCode(page);
    }
  }

  /** A linear page in one view. */
  private record LinearPage(int view, long page) {}

  /** A page of what a policy puts into memory. */
  private record Content(Bytes image, int offset) {}

  private final Policy policy;
  private final Vm vm;

  // What the policy says: learnt once, and changed by no run.
  private final TreeMap<Integer, View> slots;
  // By identity: hashing a view hashes all its code.
  private final IdentityHashMap<View, NavigableMap<Long, Mapping>> byGpa;
  private final IdentityHashMap<View, NavigableMap<Long, Mapping>> byLa;
  private final Map<FrameKey, Content> contents;
  private final Map<Frames.Owner, List<Frames>> code;
  private final Map<Long, List<Gate>> gatesByCall;
  private final Map<Long, List<Gate>> gatesByLanding;

  // What one run changes.
  private final Map<LinearPage, Long> guestTables = new HashMap<>();
  private final Map<FrameKey, byte[]> frames = new HashMap<>();

  public World(Policy policy, String vmName) {
    this.policy = policy;
    this.vm =
        policy
            .vm(vmName)
            .orElseThrow(() -> new IllegalArgumentException("no vm " + vmName + " in the policy"));
    this.slots = new TreeMap<>();
    this.byGpa = new IdentityHashMap<>();
    this.byLa = new IdentityHashMap<>();
    this.contents = new HashMap<>();
    this.code = new HashMap<>();
    this.gatesByCall =
        policy.gates().stream().collect(Collectors.groupingBy(gate -> gate.calls().value()));
    this.gatesByLanding =
        policy.gates().stream().collect(Collectors.groupingBy(gate -> gate.entered().value()));
    for (View view : policy.viewsOf(vmName)) {
      if (valid(view.eptp())) {
        slots.put(view.index(), view);
      }
      index(view);
    }
    for (EptpSlot slot : policy.slots()) {
      if (slot.vm().equals(vmName)) {
        switch (slot.value()) {
          case EptpSlot.Value.Raw raw -> slots.remove(slot.index());
          case EptpSlot.Value.RootOf root -> {
            Optional<View> view = policy.view(root.view());
            if (view.isPresent() && valid(root.eptp())) {
              slots.put(slot.index(), view.get());
            }
          }
        }
      }
    }
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        mapping.image().ifPresent(image -> fill(mapping.frames(), image.bytes()));
        if (mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE) {
          code.computeIfAbsent(mapping.frames().owner(), owner -> new ArrayList<>())
              .add(mapping.frames());
        }
      }
    }
  }

  private World(World learnt) {
    this.policy = learnt.policy;
    this.vm = learnt.vm;
    this.slots = learnt.slots;
    this.byGpa = learnt.byGpa;
    this.byLa = learnt.byLa;
    this.contents = learnt.contents;
    this.code = learnt.code;
    this.gatesByCall = learnt.gatesByCall;
    this.gatesByLanding = learnt.gatesByLanding;
  }

  /** Another world of the same policy and VM, as no run has touched it. Any thread may ask. */
  public World anew() {
    return new World(this);
  }

  /** The instruction that {@code code} begins with, on the policy's platform. */
  Decoded decode(byte[] code, Mode mode) {
    return Decoder.decode(code, 0, code.length, mode, !policy.rex2Excluded(vm));
  }

  private void index(View view) {
    TreeMap<Long, Mapping> gpas = new TreeMap<>(Long::compareUnsigned);
    TreeMap<Long, Mapping> las = new TreeMap<>(Long::compareUnsigned);
    for (Mapping mapping : view.mappings()) {
      gpas.put(mapping.gpa().value(), mapping);
      las.put(mapping.la().value(), mapping);
    }
    byGpa.put(view, gpas);
    byLa.put(view, las);
  }

  private void fill(Frames run, Bytes bytes) {
    for (long offset = 0; offset < run.size(); offset += PAGE) {
      contents.put(
          new FrameKey(run.owner(), (run.offset() + offset) / PAGE),
          new Content(bytes, (int) offset));
    }
  }

  /** SDM vol. 3 §24.6.11 and §26.2.1.1, for EPTPs built from a view. */
  private boolean valid(Eptp eptp) {
    Cpu cpu = policy.cpu();
    return (eptp.memoryType() == MemoryType.WB || eptp.memoryType() == MemoryType.UC)
        && (eptp.walkLength() == 4 || (eptp.walkLength() == 5 && cpu.fiveLevel()))
        && (!eptp.accessedDirty() || cpu.accessedDirty())
        && (!eptp.shadowStack() || cpu.shadowStack());
  }

  public Policy policy() {
    return policy;
  }

  public Vm vm() {
    return vm;
  }

  public Controls controls() {
    return vm.controls();
  }

  /** The gates whose protected entry is at {@code la}, as written. */
  List<Gate> gatesCalledAt(long la) {
    return gatesByCall.getOrDefault(la, List.of());
  }

  /** The gates whose landing is at {@code la}, as written. */
  List<Gate> gatesEnteredAt(long la) {
    return gatesByLanding.getOrDefault(la, List.of());
  }

  /** Frames of {@code owner} that hold code in any view of any VM. */
  List<Frames> code(Frames.Owner owner) {
    return code.getOrDefault(owner, List.of());
  }

  /** What VMFUNC would switch to; empty where the slot holds no valid EPTP. */
  public Optional<View> slot(int index) {
    return Optional.ofNullable(slots.get(index));
  }

  /** Indices of all valid slots, ascending. */
  public List<Integer> validSlots() {
    return new ArrayList<>(slots.keySet());
  }

  /**
   * The attacker's page tables, as {@code view} sees them, map linear page {@code la} to {@code
   * gpa}.
   */
  public void mapGuestPage(int view, long la, long gpa) {
    guestTables.put(new LinearPage(view, la / PAGE), gpa & -PAGE);
  }

  /**
   * The guest-physical address of {@code la} in {@code view}: through the lock where it fixes the
   * translation, through the attacker's tables elsewhere.
   */
  Translation translate(int viewIndex, View view, long la) {
    Optional<Long> locked = fixedBy(view, la) ? locked(view, la) : Optional.empty();
    if (locked.isPresent()) {
      return new Translation.To(locked.get());
    }
    if (fixedBy(view, la) && inLockedRange(la)) {
      return new Translation.Missing();
    }
    Long guest = guestTables.get(new LinearPage(viewIndex, la >>> 12));
    Optional<Long> gpa = guest != null ? Optional.of(guest + (la & (PAGE - 1))) : linear(view, la);
    if (gpa.isEmpty()) {
      return new Translation.Missing();
    }
    Optional<Mapping> mapping = mapping(view, gpa.get());
    if (guest != null
        && vm.lock().has(Lock.Kind.HLAT)
        && vm.controls().holds(Control.K15)
        && mapping.isPresent()
        && mapping.get().leaf().verifyGuestPaging()) {
      return new Translation.Unverified(gpa.get());
    }
    return new Translation.To(gpa.get());
  }

  /** Where a linear address leads. */
  sealed interface Translation {
    record To(long gpa) implements Translation {}

    record Missing() implements Translation {}

    /** Guest-paging verification refuses the attacker's tables: an EPT violation. */
    record Unverified(long gpa) implements Translation {}
  }

  /**
   * Locked paging structures are the same in all views, so what one view's linear address leads to
   * it leads to in every other; private ones are the view's own.
   */
  private Optional<Long> locked(View view, long la) {
    Optional<Long> own = linear(view, la);
    if (own.isPresent() || !(vm.lock().fixesTranslation() && inLockedRange(la))) {
      return own;
    }
    return byLa.keySet().stream()
        .sorted(Comparator.comparingInt(View::index))
        .flatMap(other -> linear(other, la).stream())
        .findFirst();
  }

  private boolean fixedBy(View view, long la) {
    Lock lock = vm.lock();
    if (lock.has(Lock.Kind.PRIVATE_PT) && !view.isDefault()) {
      return true;
    }
    return lock.fixesTranslation() && inLockedRange(la);
  }

  private boolean inLockedRange(long la) {
    return vm.lock()
        .range()
        .map(range -> range.contains(new dev.postern.model.La(la), 1))
        .orElse(true);
  }

  private Optional<Long> linear(View view, long la) {
    return find(byLa, view, la, mapping -> mapping.la().value())
        .map(mapping -> la - mapping.la().value() + mapping.gpa().value());
  }

  /** What {@code view} maps at {@code gpa}. */
  public Optional<Mapping> mapping(View view, long gpa) {
    return find(byGpa, view, gpa, mapping -> mapping.gpa().value());
  }

  private static Optional<Mapping> find(
      IdentityHashMap<View, NavigableMap<Long, Mapping>> index,
      View view,
      long address,
      java.util.function.ToLongFunction<Mapping> start) {
    NavigableMap<Long, Mapping> mappings = index.get(view);
    Map.Entry<Long, Mapping> entry = mappings == null ? null : mappings.floorEntry(address);
    if (entry == null) {
      return Optional.empty();
    }
    Mapping mapping = entry.getValue();
    long offset = address - start.applyAsLong(mapping);
    return Long.compareUnsigned(offset, mapping.size()) < 0
        ? Optional.of(mapping)
        : Optional.empty();
  }

  /** Whether EPT lets the access through, by the leaf's own bits (SDM vol. 3 §28.2.3). */
  boolean permits(Leaf leaf, AccessKind kind, int privilegeLevel) {
    return switch (kind) {
      case READ -> leaf.read();
      case WRITE -> leaf.write();
      case FETCH -> fetchable(leaf, privilegeLevel);
    };
  }

  /**
   * Bit 2 is for supervisor-mode and, with mode-based execute control, bit 10 for user-mode linear
   * addresses; level 3 has only those, the others both unless SMEP is on, which nothing pins.
   */
  private boolean fetchable(Leaf leaf, int privilegeLevel) {
    if (!vm.controls().holds(Control.K13)) {
      return leaf.execute();
    }
    return leaf.userExecute() || (leaf.execute() && privilegeLevel < 3);
  }

  boolean misconfigured(Leaf leaf) {
    boolean executeOnly = leaf.execute() && !leaf.read() && !leaf.write();
    boolean writeOnly = leaf.write() && !leaf.read();
    boolean unsupported = executeOnly && !policy.cpu().executeOnly();
    return writeOnly || unsupported || leaf.memoryType().name().startsWith("RESERVED");
  }

  /**
   * Whether two scenarios differ in protected memory alone: in private state and destinations'
   * pages. What the source's windows answer is the same as long as both runs still ask.
   */
  boolean alikeForSource(Scenario one, Scenario other) {
    return own(one.memory()).equals(own(other.memory()))
        && startsAlike(own(one.fetches()), own(other.fetches()));
  }

  private static <T> boolean startsAlike(List<T> one, List<T> other) {
    int both = Math.min(one.size(), other.size());
    return one.subList(0, both).equals(other.subList(0, both));
  }

  private List<Counterexample.Content> own(List<Counterexample.Content> contents) {
    return contents.stream()
        .filter(content -> !content.bytes().isEmpty())
        .filter(this::isOwn)
        .toList();
  }

  private boolean isOwn(Counterexample.Content content) {
    Optional<Role> role =
        slot(content.view())
            .filter(view -> !view.isDefault())
            .flatMap(view -> mapping(view, Scenario.number(content.gpa())))
            .map(Mapping::role);
    return role.isEmpty() || (role.get() != Role.PRIVATE && role.get() != Role.DESTINATION_WINDOW);
  }

  /** What memory holds: {@code bytes} bytes from {@code gpa} on, which are of one page. */
  public byte[] memory(Mapping mapping, long gpa, int bytes) {
    int at = (int) (gpa & (PAGE - 1));
    return Arrays.copyOfRange(page(mapping, gpa), at, at + bytes);
  }

  /** The frame page behind {@code gpa} of {@code mapping}: what the policy puts there, or zero. */
  byte[] page(Mapping mapping, long gpa) {
    long offset = mapping.frames().offset() + (gpa - mapping.gpa().value());
    return frames.computeIfAbsent(
        new FrameKey(mapping.frames().owner(), offset / PAGE), this::untouched);
  }

  private byte[] untouched(FrameKey frame) {
    Content content = contents.get(frame);
    return content == null
        ? new byte[(int) PAGE]
        : content.image.slice(content.offset, content.offset + (int) PAGE).toArray();
  }
}
