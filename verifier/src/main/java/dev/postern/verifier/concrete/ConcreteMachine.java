package dev.postern.verifier.concrete;

import dev.postern.model.Control;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.access.HeldControls;
import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import dev.postern.x86.Decoded;
import dev.postern.x86.Disassembler;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Flag;
import dev.postern.x86.Flow;
import dev.postern.x86.ForeignSemantics;
import dev.postern.x86.Gpr;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mnemonic;
import dev.postern.x86.Mode;
import dev.postern.x86.Operand;
import dev.postern.x86.Platform;
import dev.postern.x86.Segment;
import dev.postern.x86.Semantics;
import dev.postern.x86.SystemSemantics;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** One logical processor of the source guest; {@link #step} runs one instruction. */
public final class ConcreteMachine implements Platform<Bits> {

  /** Iterations of one repeated string instruction before the run is cut. */
  private static final int REPEAT_LIMIT = 1 << 20;

  /** The highest number of a hypercall in Linux's kvm_para.h (KVM_HC_MAP_GPA_RANGE). */
  private static final int KVM_HYPERCALLS = 12;

  private static final int PAGE = (int) PageSize.SMALL.bytes();
  private static final ConcreteAlgebra BITS = ConcreteAlgebra.INSTANCE;

  private final World world;
  private final Mode mode;
  private final long codeBase;
  private final int cs;
  private final Map<Gpr, Bits> gprs = new EnumMap<>(Gpr.class);
  private final Map<Flag, Bits> flags = new EnumMap<>(Flag.class);
  private final Map<Segment, Long> bases;
  private final Deque<Counterexample.Content> fetches = new ArrayDeque<>();
  private final OptionalLong returnAddress;
  private final Set<Circumstance> circumstances;
  private final List<Event> events = new ArrayList<>();
  private boolean vectorsUntouched = true;
  private final Mmu mmu;
  private long la;

  /**
   * A machine at the start of {@code scenario}.
   *
   * @param returnAddress where the caller waits, if the run is a call
   */
  public ConcreteMachine(World world, Scenario scenario, OptionalLong returnAddress) {
    this.world = world;
    this.mode = scenario.mode();
    this.la = scenario.rip();
    this.codeBase = mode == Mode.BITS16 ? la & ~0xffffL : 0;
    this.cs = scenario.cs();
    this.bases = scenario.bases();
    this.returnAddress = returnAddress;
    this.circumstances = scenario.circumstances();
    this.mmu = new Mmu(world, cs & 3, scenario.view());
    for (Gpr gpr : Gpr.values()) {
      gprs.put(gpr, Bits.of(64, scenario.gprs().getOrDefault(gpr, 0L)));
    }
    for (Flag flag : Flag.values()) {
      flags.put(flag, Bits.of(1, scenario.rflags() >>> flag.bit()));
    }
    for (Counterexample.PageEntry entry : scenario.paging()) {
      world.mapGuestPage(entry.view(), Scenario.number(entry.la()), Scenario.number(entry.gpa()));
    }
    for (Counterexample.Content content : scenario.memory()) {
      write(content);
    }
    fetches.addAll(scenario.fetches());
  }

  private void write(Counterexample.Content content) {
    byte[] bytes = HexFormat.of().parseHex(content.bytes());
    long gpa = Scenario.number(content.gpa());
    View target =
        world
            .slot(content.view())
            .orElseThrow(() -> new IllegalArgumentException("no valid view " + content.view()));
    int written = 0;
    while (written < bytes.length) {
      long at = gpa + written;
      Mapping mapping =
          world
              .mapping(target, at)
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "no page at gpa 0x" + Long.toHexString(at) + " in view " + content.view()));
      int offset = (int) (at & (PAGE - 1));
      int count = Math.min(bytes.length - written, PAGE - offset);
      System.arraycopy(bytes, written, world.page(mapping, at), offset, count);
      written += count;
    }
  }

  /** Bytes of the instruction at the current address; 0 if there is none to execute. */
  public int instructionLength() {
    byte[] code = mmu.fetchable(la, 15);
    return code.length > 0 && world.decode(code, mode) instanceof Instruction instruction
        ? instruction.length()
        : 0;
  }

  public int viewIndex() {
    return mmu.viewIndex();
  }

  public View view() {
    return mmu.view();
  }

  public long la() {
    return la;
  }

  public Mode mode() {
    return mode;
  }

  public int privilegeLevel() {
    return cs & 3;
  }

  public long register(Gpr gpr) {
    return gpr(gpr).low();
  }

  /** All general-purpose registers and flags, by lower-case name. */
  public Map<String, Long> values() {
    Map<String, Long> values = new TreeMap<>();
    gprs.forEach((gpr, value) -> values.put(gpr.name().toLowerCase(Locale.ROOT), value.low()));
    flags.forEach((flag, value) -> values.put(flag.name().toLowerCase(Locale.ROOT), value.low()));
    return values;
  }

  /** The byte at {@code gpa}, now. */
  byte byteAt(Mapping mapping, long gpa) {
    return world.page(mapping, gpa)[(int) (gpa & (PAGE - 1))];
  }

  /** What the last step did, in order; valid until the next. */
  public List<Event> events() {
    return events;
  }

  /** The instruction at the current address as a trace shows it, with {@code effect} left empty. */
  public Counterexample.Step describe() {
    Optional<Long> gpa = mmu.codeGpa(la);
    byte[] code = mmu.fetchable(la, 15);
    String bytes = "";
    String text = "(cannot be fetched)";
    if (code.length > 0) {
      switch (world.decode(code, mode)) {
        case Instruction instruction -> {
          bytes = HexFormat.of().formatHex(code, 0, instruction.length());
          text = Disassembler.text(instruction, la);
        }
        case Decoded.Foreign foreign -> {
          bytes = HexFormat.of().formatHex(code, 0, foreign.length());
          text = "(" + foreign.set() + ")";
        }
        case Decoded.Undefined undefined -> {
          bytes = HexFormat.of().formatHex(code, 0, Math.min(code.length, 4));
          text = "(undefined: " + undefined.reason() + ")";
        }
        case Decoded.Reserved reserved -> {
          bytes = HexFormat.of().formatHex(code, 0, Math.min(code.length, 4));
          text = "(reserved: " + reserved.reason() + ")";
        }
        case Decoded.Unsupported unsupported -> {
          bytes = HexFormat.of().formatHex(code, 0, Math.min(code.length, 4));
          text = "(" + unsupported.reason() + ")";
        }
        case Decoded.Truncated truncated -> {
          bytes = HexFormat.of().formatHex(code);
          text = "(runs off the page)";
        }
      }
    }
    return new Counterexample.Step(
        mmu.viewIndex(), Scenario.hex(la), gpa.map(Scenario::hex).orElse(""), bytes, text, "");
  }

  /** Runs one instruction; answers why the run ends, or nothing if it goes on. */
  public Optional<Stop> step() {
    events.clear();
    try {
      run();
      return returnAddress.isPresent() && mmu.view().isDefault() && la == returnAddress.getAsLong()
          ? Optional.of(new Stop.Returned())
          : Optional.empty();
    } catch (Stopped stopped) {
      return Optional.of(stopped.stop());
    }
  }

  private void run() {
    Mapping mapping = mmu.resolve(la, AccessKind.FETCH);
    events.add(new Event.Begins(mmu.viewIndex(), la, mapping));
    byte[] code = mmu.fetchable(la, 15);
    switch (world.decode(code, mode)) {
      case Instruction instruction -> execute(instruction);
      case Decoded.Foreign foreign -> {
        long next = la + foreign.length();
        raiseIf(Bits.of(1, signals(foreign) ? 1 : 0), ExceptionVector.XM);
        if (foreign.leaves() == Decoded.Leaves.MORE) {
          throw saves(foreign, offset(next));
        }
        if (!choosable(foreign)) {
          throw new Stopped(new Stop.Unmodelled(foreign.set()));
        }
        vectorsUntouched = false;
        ForeignSemantics.step(foreign, mode, offset(next), this);
        la = next;
      }
      case Decoded.Undefined undefined -> throw raised(ExceptionVector.UD);
      case Decoded.Reserved reserved -> throw new Stopped(new Stop.Reserved(reserved.reason()));
      case Decoded.Unsupported unsupported ->
          throw new Stopped(new Stop.Unmodelled(unsupported.reason()));
      case Decoded.Truncated truncated -> {
        mmu.resolve(la + code.length, AccessKind.FETCH);
        throw new Stopped(new Stop.Unmodelled("instruction across a page edge"));
      }
    }
  }

  /**
   * Whether arithmetic signals for certain, under {@link Circumstance#SSE_UNMASKED}: both operands
   * are vector registers, and none of these has been written since the run began.
   */
  private boolean signals(Decoded.Foreign foreign) {
    return vectorsUntouched
        && foreign.computes() == Decoded.Arithmetic.OF_VECTORS
        && foreign.memory().isEmpty()
        && circumstances.contains(Circumstance.SSE_UNMASKED);
  }

  /**
   * Whether what it leaves in registers and flags is still the caller's choice: its operands are
   * vector registers that nothing has written. A comparison with a NaN is unordered whatever the
   * other operand is.
   */
  private boolean choosable(Decoded.Foreign foreign) {
    return switch (foreign.leaves()) {
      case NOTHING -> true;
      case REGISTER -> vectorsUntouched && foreign.memory().isEmpty();
      case FLAGS -> vectorsUntouched;
      case MORE -> false;
    };
  }

  /**
   * XSAVE and its family (SDM vol. 1 §13.7 to §13.12): #GP unless aligned to 64 bytes, then the
   * header is accessed. The run ends there, and where the area's beginning cannot be accessed:
   * which of both a processor finds first is its own.
   */
  private Stopped saves(Decoded.Foreign foreign, long nextIp) {
    Operand.Memory area = foreign.memory().orElseThrow();
    AccessKind kind =
        foreign.effect() == Decoded.Effect.WRITES ? AccessKind.WRITE : AccessKind.READ;
    long start = address(area.segment(), ForeignSemantics.address(foreign, mode, nextIp, this));
    if ((start & 63) != 0) {
      return raised(ExceptionVector.GP);
    }
    mmu.resolve(start, kind);
    touch(start + ForeignSemantics.XSAVE_HEADER, kind, Long.BYTES);
    return new Stopped(new Stop.Unmodelled(foreign.set()));
  }

  private void execute(Instruction instruction) {
    long next = la + instruction.length();
    long nextIp = offset(next);
    if (instruction.mnemonic() == Mnemonic.LFENCE) {
      events.add(new Event.Fences(mmu.viewIndex()));
    }
    if (instruction.mnemonic() == Mnemonic.CALL) {
      events.add(new Event.Calls(mmu.viewIndex()));
    }
    switch (Semantics.step(instruction, nextIp, this)) {
      case Flow.Next<Bits> f -> la = next;
      case Flow.Direct<Bits> f -> la = linear(f.target());
      case Flow.Conditional<Bits> f -> {
        events.add(new Event.Predicts(mmu.viewIndex()));
        la = f.condition().isTrue() ? linear(f.target()) : next;
      }
      case Flow.Indirect<Bits> f -> {
        events.add(
            new Event.BranchesIndirectly(
                mmu.viewIndex(), linear(f.target().low()), instruction.mnemonic()));
        la = linear(f.target().low());
      }
      case Flow.Raises<Bits> f -> throw raised(f.vector());
      case Flow.Repeats<Bits> f -> {
        repeat(instruction);
        la = next;
      }
      case Flow.Delegated<Bits> f -> delegated(instruction, next);
      case Flow.Exits<Bits> f -> throw new Stopped(new Stop.VmExit(f.mnemonic()));
    }
  }

  private void repeat(Instruction instruction) {
    Bits mask =
        Bits.of(64, instruction.addressSize() == 64 ? -1L : (1L << instruction.addressSize()) - 1);
    for (int i = 0; i < REPEAT_LIMIT; i++) {
      if (!BITS.and(gpr(Gpr.RCX), mask).isTrue()
          || !Semantics.iterate(instruction, this).isTrue()) {
        return;
      }
    }
    throw new Stopped(new Stop.Budget());
  }

  private void delegated(Instruction instruction, long next) {
    Mnemonic mnemonic = instruction.mnemonic();
    switch (mnemonic) {
      case VMFUNC -> vmfunc(next);
      case VMCALL -> vmcall(next);
      case INS, OUTS, WRMSR, MWAIT, MONITOR -> throw new Stopped(new Stop.VmExit(mnemonic));
      case JMP_FAR, CALL_FAR, RET_FAR, IRET, INT, SYSCALL, SYSRET, SYSENTER, SYSEXIT -> {
        events.add(new Event.Transfers(mmu.viewIndex(), mnemonic));
        throw new Stopped(new Stop.ThroughTables(mnemonic));
      }
      case PUSH, PUSHA, PUSHF, ENTER, CALL -> throw shortStack(instruction, Gpr.RSP, true);
      case POP, POPA, POPF, RET -> throw shortStack(instruction, Gpr.RSP, false);
      case LEAVE -> throw shortStack(instruction, Gpr.RBP, false);
      default -> {
        switch (SystemSemantics.step(instruction, offset(next), this)) {
          case Flow.Next<Bits> f -> la = next;
          case Flow.Exits<Bits> f -> throw new Stopped(new Stop.VmExit(f.mnemonic()));
          default -> throw new Stopped(new Stop.Unmodelled(mnemonic.toString()));
        }
      }
    }
  }

  /**
   * A stack instruction whose meaning the core leaves open: outside 64-bit mode, and of a segment
   * register in it. The first access is made, with a stack pointer as wide as the mode (outside
   * 64-bit mode the attacker's SS descriptor says so), and the run ends behind it.
   */
  private Stopped shortStack(Instruction instruction, Gpr pointer, boolean write) {
    int bytes = Math.max(2, instruction.operandSize() / 8);
    long mask = mode == Mode.BITS64 ? -1 : (1L << mode.bits()) - 1;
    long at = (register(pointer) & mask) - (write ? bytes : 0);
    touch(
        address(Segment.SS, Bits.of(64, at & mask)),
        write ? AccessKind.WRITE : AccessKind.READ,
        bytes);
    return new Stopped(new Stop.Unmodelled(Disassembler.text(instruction, la)));
  }

  /** Ends the run, or is an unknown hypercall: see {@link Circumstance#HYPERCALLS_RETURN}. */
  private void vmcall(long next) {
    long number = register(Gpr.RAX) & (mode == Mode.BITS64 ? -1 : 0xffff_ffffL);
    boolean known = privilegeLevel() == 0 && number > 0 && number <= KVM_HYPERCALLS;
    if (known || !circumstances.contains(Circumstance.HYPERCALLS_RETURN)) {
      throw new Stopped(new Stop.VmExit(Mnemonic.VMCALL));
    }
    setGpr(Gpr.RAX, SystemSemantics.unknownHypercall(mode, this));
    la = next;
  }

  /** SDM vol. 3 §25.5.5.2 and §25.5.5.3. */
  private void vmfunc(long next) {
    long eax = register(Gpr.RAX) & 0xffff_ffffL;
    int ecx = (int) register(Gpr.RCX);
    if (Long.compareUnsigned(eax, 64) >= 0) {
      throw raised(ExceptionVector.UD);
    }
    if (eax != 0 && !world.controls().holds(Control.K1)) {
      throw new Stopped(new Stop.Unmodelled("VM function " + eax));
    }
    int from = mmu.viewIndex();
    if (eax != 0 || Integer.compareUnsigned(ecx, 512) >= 0 || !mmu.change(ecx)) {
      throw new Stopped(new Stop.VmfuncExit(ecx));
    }
    events.add(new Event.Switches(from, ecx, next));
    la = next;
  }

  private Stopped raised(ExceptionVector vector) {
    return new Stopped(new Stop.Raised(vector, world.controls().intercepts(vector.vector())));
  }

  /** Linear address of an instruction-pointer value. */
  private long linear(long ip) {
    return switch (mode) {
      case BITS64 -> ip;
      case BITS32 -> ip & 0xffff_ffffL;
      case BITS16 -> codeBase + (ip & 0xffff);
    };
  }

  private long offset(long address) {
    return switch (mode) {
      case BITS64 -> address;
      case BITS32 -> address & 0xffff_ffffL;
      case BITS16 -> (address - codeBase) & 0xffff;
    };
  }

  @Override
  public Algebra<Bits> algebra() {
    return BITS;
  }

  @Override
  public Bits gpr(Gpr register) {
    return gprs.getOrDefault(register, Bits.of(64, 0));
  }

  @Override
  public void setGpr(Gpr register, Bits value) {
    gprs.put(register, value);
  }

  @Override
  public Bits flag(Flag flag) {
    return flags.getOrDefault(flag, Bits.ZERO);
  }

  @Override
  public void setFlag(Flag flag, Bits bit) {
    flags.put(flag, bit);
  }

  @Override
  public boolean holds(Platform.Restraint restraint) {
    return HeldControls.holds(world.controls(), restraint);
  }

  /** Zero: one of the values that may come. */
  @Override
  public Bits outside(int width) {
    return Bits.of(width, 0);
  }

  /** Zero: one of the values the processor may choose. */
  @Override
  public Bits undefined(int width, List<Bits> inputs) {
    return Bits.of(width, 0);
  }

  @Override
  public Bits selector(Segment segment) {
    return Bits.of(16, segment == Segment.CS ? cs : 0);
  }

  @Override
  public Bits segmentBase(Segment segment) {
    if (mode == Mode.BITS64 && segment != Segment.FS && segment != Segment.GS) {
      return Bits.of(64, 0);
    }
    long base = segment == Segment.CS ? codeBase : bases.getOrDefault(segment, 0L);
    return Bits.of(64, base);
  }

  private long address(Segment segment, Bits offset) {
    long address = segmentBase(segment).low() + offset.low();
    return mode == Mode.BITS64 ? address : address & 0xffff_ffffL;
  }

  @Override
  public Bits load(Segment segment, Bits offset, int bytes) {
    long start = address(segment, offset);
    Mapping first = mmu.resolve(start, AccessKind.READ);
    touch(start, AccessKind.READ, bytes);
    boolean window = first.role() == Role.SOURCE_WINDOW || first.role() == Role.DESTINATION_WINDOW;
    byte[] answer =
        window && !mmu.view().isDefault()
            ? answer(mmu.gpa(start, AccessKind.READ), bytes)
            : new byte[0];
    long low = 0;
    long high = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      int value;
      if (answer.length == bytes) {
        value = answer[i] & 0xff;
      } else {
        value = mmu.read(start + i) & 0xff;
      }
      high = high << 8 | low >>> 56;
      low = low << 8 | value;
    }
    return Bits.of(bytes * 8, low, high);
  }

  /** What the scenario has this load of a window return; empty where it has nothing for it. */
  private byte[] answer(long gpa, int bytes) {
    Counterexample.Content next = fetches.peek();
    if (next == null || Scenario.number(next.gpa()) != gpa || next.bytes().length() != 2 * bytes) {
      return new byte[0];
    }
    fetches.remove();
    return HexFormat.of().parseHex(next.bytes());
  }

  @Override
  public void store(Segment segment, Bits offset, Bits value) {
    long start = address(segment, offset);
    int bytes = value.width() / 8;
    touch(start, AccessKind.WRITE, bytes);
    for (int i = 0; i < bytes; i++) {
      long word = i < 8 ? value.low() : value.high();
      mmu.write(start + i, (byte) (word >>> (8 * (i % 8))));
    }
  }

  /** Checks every page of an access before any byte of it is done, and records it page by page. */
  private void touch(long start, AccessKind kind, int bytes) {
    int done = 0;
    while (done < bytes) {
      long at = start + done;
      int here = Math.min(bytes - done, PAGE - (int) (at & (PAGE - 1)));
      Mapping mapping = mmu.resolve(at, kind);
      events.add(new Event.Touches(mmu.viewIndex(), at, mmu.gpa(at, kind), mapping, kind, here));
      done += here;
    }
  }

  @Override
  public void raiseIf(Bits condition, ExceptionVector vector) {
    if (condition.isTrue()) {
      throw raised(vector);
    }
  }
}
