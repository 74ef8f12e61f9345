package dev.postern.x86;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A concrete {@link Cpu} in the harness's sandbox: one page of memory, faults where the harness's
 * process would fault. Undefined bits are all zero or all one, as asked; running twice shows which
 * bits of the outcome they reach.
 */
final class SandboxCpu implements Cpu<Bits> {

  /** The instruction ended with an exception before anything was written to a register. */
  private static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    final int vector;

    Fault(int vector) {
      super(null, null, false, false);
      this.vector = vector;
    }
  }

  private static final int PAGE = 4096;

  /** Of every segment in 32- and 16-bit modes. */
  private static final long LIMIT = 0xffff_ffffL;

  private static final int SS = 12;
  private static final int GP = 13;
  private static final int PF = 14;
  private static final int AC = 17;

  private final RealCpu.Layout layout;
  private final Mode mode;
  private final CpuState state;
  private final boolean undefinedOnes;
  private final long[] gpr;
  private long flags;
  private final Map<Integer, Byte> stored = new HashMap<>();
  private final List<List<Bits>> undefined = new ArrayList<>();
  private boolean wroteRegister;

  /**
   * Vectors of the accesses that fault, of the first one first. #SS, #GP, #PF and #AC are of one
   * class, and which of a class is reported "may vary from processor to processor" (SDM vol. 3
   * §6.9): CMPS looks at its second operand first on some. An access that faults therefore does not
   * end the instruction here; those that follow say what they would have raised.
   */
  private final Set<Integer> faults = new LinkedHashSet<>();

  private SandboxCpu(RealCpu.Layout layout, Mode mode, CpuState state, boolean undefinedOnes) {
    this.layout = layout;
    this.mode = mode;
    this.state = state;
    this.undefinedOnes = undefinedOnes;
    this.gpr = state.gpr().clone();
    this.flags = state.flags();
  }

  /** What the instruction does by our semantics, or why it is not for the core to say. */
  sealed interface Expected {
    /**
     * @param vectors those a processor may report: one, but for faults of accesses
     * @param undefined the inputs of each undefined value asked for, in order
     */
    record Done(CpuOutcome outcome, Set<Integer> vectors, List<List<Bits>> undefined)
        implements Expected {

      /** With the vector that was reported, if it may be. */
      CpuOutcome outcome(int reported) {
        return vectors.contains(reported) ? outcome.withVector(reported) : outcome;
      }
    }

    record NotOurs() implements Expected {}
  }

  static Expected run(
      RealCpu.Layout layout, Instruction instruction, CpuState state, boolean undefinedOnes) {
    SandboxCpu cpu = new SandboxCpu(layout, instruction.mode(), state, undefinedOnes);
    return cpu.run(instruction);
  }

  private Expected run(Instruction instruction) {
    long ip = layout.ip(mode);
    long next = ip + instruction.length();
    try {
      Flow<Bits> flow = Semantics.step(instruction, next, this);
      if (!faults.isEmpty()) {
        return accessFaulted();
      }
      return switch (flow) {
        case Flow.Next<Bits> n -> stepped(next);
        case Flow.Direct<Bits> d -> stepped(d.target());
        case Flow.Conditional<Bits> c -> stepped(c.condition().isTrue() ? c.target() : next);
        case Flow.Indirect<Bits> i -> indirect(i.target().low());
        case Flow.Raises<Bits> r -> raised(r.vector(), ip, next);
        case Flow.Repeats<Bits> r -> stepped(repeat(instruction, ip, next));
        case Flow.Delegated<Bits> d -> new Expected.NotOurs();
        case Flow.Exits<Bits> e -> throw new IllegalStateException("the core knows no exits");
      };
    } catch (Fault fault) {
      if (!faults.isEmpty()) {
        return accessFaulted();
      }
      boolean trap = fault.vector == ExceptionVector.OF.vector();
      return faulted(fault.vector, trap ? next : ip);
    }
  }

  private long repeat(Instruction instruction, long ip, long next) {
    if (!Semantics.repeatCount(instruction, this).isTrue()) {
      return next;
    }
    boolean more = Semantics.iterate(instruction, this).isTrue();
    if (!faults.isEmpty()) {
      throw new Fault(faults.iterator().next());
    }
    return more && Semantics.repeatCount(instruction, this).isTrue() ? ip : next;
  }

  /** A target that is not canonical is refused before CALL pushes. */
  private Expected indirect(long target) {
    if (mode != Mode.BITS64 || canonical(target)) {
      return stepped(target);
    }
    stored.clear();
    return faulted(GP, layout.ip(mode));
  }

  private Expected raised(ExceptionVector vector, long ip, long next) {
    boolean trap = vector == ExceptionVector.BP || vector == ExceptionVector.DB;
    return faulted(vector.vector(), trap ? next : ip);
  }

  private Expected accessFaulted() {
    return faulted(faults.iterator().next(), layout.ip(mode));
  }

  /** Registers as before. */
  private Expected faulted(int vector, long rip) {
    return new Expected.Done(
        new CpuOutcome(vector, rip, state.gpr(), state.flags(), changed()),
        faults.isEmpty() ? Set.of(vector) : faults,
        undefined);
  }

  private Expected stepped(long rip) {
    return new Expected.Done(
        new CpuOutcome(CpuOutcome.STEPPED, rip, gpr.clone(), flags, changed()),
        Set.of(CpuOutcome.STEPPED),
        undefined);
  }

  private Map<Integer, Long> changed() {
    if (stored.isEmpty()) {
      return Map.of();
    }
    Map<Integer, Long> changed = new TreeMap<>();
    stored.forEach((offset, value) -> {
      int word = offset & ~7;
      long old = changed.getOrDefault(word, state.word(word / 8));
      int shift = 8 * (offset & 7);
      changed.put(word, old & ~(0xffL << shift) | (value & 0xffL) << shift);
    });
    changed.entrySet().removeIf(e -> e.getValue() == state.word(e.getKey() / 8));
    return changed;
  }

  // ---- Cpu

  @Override
  public Algebra<Bits> algebra() {
    return ConcreteAlgebra.INSTANCE;
  }

  @Override
  public Bits gpr(Gpr register) {
    return Bits.of(64, gpr[register.ordinal()]);
  }

  @Override
  public void setGpr(Gpr register, Bits value) {
    wroteRegister = true;
    checkWidth(64, value);
    gpr[register.ordinal()] = value.low();
  }

  @Override
  public Bits flag(Flag flag) {
    return Bits.bit((flags >>> flag.bit() & 1) != 0);
  }

  @Override
  public void setFlag(Flag flag, Bits bit) {
    wroteRegister = true;
    checkWidth(1, bit);
    flags = flags & ~(1L << flag.bit()) | bit.low() << flag.bit();
  }

  @Override
  public Bits undefined(int width, List<Bits> inputs) {
    undefined.add(inputs);
    return Bits.of(width, undefinedOnes ? -1L : 0L);
  }

  @Override
  public Bits selector(Segment segment) {
    return Bits.of(16, layout.selectors().get(mode).get(segment));
  }

  @Override
  public Bits segmentBase(Segment segment) {
    return Bits.of(64, base(segment));
  }

  private long base(Segment segment) {
    return switch (segment) {
      case FS -> layout.fsBase();
      case GS -> layout.gsBase();
      case CS -> mode == Mode.BITS64 ? 0 : layout.codeBase();
      case DS, ES, SS -> mode == Mode.BITS64 ? 0 : layout.dataBase();
    };
  }

  @Override
  public Bits load(Segment segment, Bits offset, int bytes) {
    beforeRegisters();
    int at = access(segment, offset, bytes);
    if (!faults.isEmpty()) {
      return Bits.of(8 * bytes, 0, 0);
    }
    long low = 0;
    long high = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      high = high << 8 | low >>> 56;
      low = low << 8 | at(at + i) & 0xff;
    }
    return Bits.of(8 * bytes, low, high);
  }

  private byte at(int offset) {
    Byte value = stored.get(offset);
    return value != null ? value : (byte) (state.word(offset / 8) >>> 8 * (offset & 7));
  }

  @Override
  public void store(Segment segment, Bits offset, Bits value) {
    beforeRegisters();
    int at = access(segment, offset, value.width() / 8);
    for (int i = 0; faults.isEmpty() && i < value.width() / 8; i++) {
      long half = i < 8 ? value.low() : value.high();
      stored.put(at + i, (byte) (half >>> 8 * (i & 7)));
    }
  }

  /** Offset in the page; none that may be used if a vector was added to {@link #faults}. */
  private int access(Segment segment, Bits offset, int bytes) {
    checkWidth(64, offset);
    long linear = base(segment) + offset.low();
    boolean outside =
        mode == Mode.BITS64
            ? !canonical(linear) || !canonical(linear + bytes - 1)
            : offset.low() + bytes - 1 > LIMIT;
    if (mode != Mode.BITS64) {
      linear &= LIMIT;
    }
    long at = linear - layout.page();
    if (outside) {
      faults.add(segment == Segment.SS ? SS : GP);
    } else if (flag(Flag.AC).isTrue() && linear % bytes != 0) {
      faults.add(AC);
    }
    if (!outside && (at < 0 || at + bytes > PAGE)) {
      faults.add(PF);
    }
    if (mode == Mode.BITS64 && !canonical(offset.low())) {
      // AMD processors demand a canonical offset even where base and offset make a canonical
      // address.
      faults.add(GP);
    }
    return (int) at;
  }

  @Override
  public void raiseIf(Bits condition, ExceptionVector vector) {
    beforeRegisters();
    checkWidth(1, condition);
    if (condition.isTrue()) {
      throw new Fault(vector.vector());
    }
  }

  /** The contract of {@link Cpu}: accesses and exceptions come before the first register write. */
  private void beforeRegisters() {
    if (wroteRegister) {
      throw new IllegalStateException("access or exception after a register was written");
    }
  }

  private static void checkWidth(int width, Bits value) {
    if (value.width() != width) {
      throw new IllegalStateException("expected " + width + " bits, got " + value);
    }
  }

  private static boolean canonical(long address) {
    return address >> 47 == 0 || address >> 47 == -1;
  }
}
