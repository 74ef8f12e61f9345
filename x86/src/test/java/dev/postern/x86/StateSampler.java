package dev.postern.x86;

import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Random states for one instruction: registers of varied bit density, any flags, memory operands
 * and stack pointers mostly in the page, sometimes over its edges, sometimes nowhere.
 */
final class StateSampler {

  /** TF (the harness steps), IF and bit 1 are always set; IOPL, VM, VIF and VIP always clear. */
  private static final long FIXED_FLAGS = 0x302;

  private static final long STATUS_AND_DIRECTION = 0xCD5;
  private static final long AC = 1 << 18;
  private static final long NT_AND_ID = 1 << 21 | 1 << 14;

  private final SplittableRandom random;
  private final RealCpu.Layout layout;

  StateSampler(SplittableRandom random, RealCpu.Layout layout) {
    this.random = random;
    this.layout = layout;
  }

  CpuState sample(Instruction instruction) {
    long[] gpr = new long[16];
    for (int i = 0; i < 16; i++) {
      gpr[i] = value();
    }
    long flags = FIXED_FLAGS | random.nextLong() & STATUS_AND_DIRECTION;
    if (oneIn(8)) {
      flags |= AC;
    }
    if (oneIn(4)) {
      flags |= random.nextLong() & NT_AND_ID;
    }
    CpuState plain = new CpuState(gpr, flags, random.nextLong());
    suit(instruction, gpr, plain);
    return new CpuState(gpr, flags, plain.seed());
  }

  private long value() {
    long a = random.nextLong();
    return switch (random.nextInt(9)) {
      case 0 -> 0;
      case 1 -> -1L;
      case 2 -> random.nextInt(70);
      case 3 -> 1L << random.nextInt(64);
      case 4 -> a & random.nextLong() & random.nextLong();
      case 5 -> a | random.nextLong() | random.nextLong();
      case 6 -> (1L << random.nextInt(64)) - random.nextInt(3);
      default -> a;
    };
  }

  /** Registers that would make every run of the instruction end the same way get better values. */
  private void suit(Instruction instruction, long[] gpr, CpuState memory) {
    switch (instruction.mnemonic()) {
      case DIV, IDIV -> suitDividend(instruction, gpr);
      case BT, BTS, BTR, BTC -> suitBitOffset(instruction, gpr);
      case MOVS, CMPS, STOS, LODS, SCAS, LOOP, LOOPE, LOOPNE, JCXZ -> {
        if (oneIn(2)) {
          gpr[Gpr.RCX.ordinal()] = random.nextInt(3);
        }
      }
      case PUSH, POP, CALL, RET, PUSHF, POPF -> point(gpr, Gpr.RSP, Segment.SS, instruction);
      case ENTER -> {
        point(gpr, Gpr.RSP, Segment.SS, instruction);
        point(gpr, Gpr.RBP, Segment.SS, instruction);
      }
      case LEAVE -> point(gpr, Gpr.RBP, Segment.SS, instruction);
      case XLAT -> gpr[Gpr.RAX.ordinal()] &= 0x3f;
      default -> {}
    }
    for (Operand operand : instruction.operands()) {
      if (operand instanceof Operand.Memory m) {
        long linear = aim(gpr, m, instruction);
        if (oneIn(2)) {
          suitAccumulator(instruction, gpr, memory, linear);
        }
      }
    }
    if (instruction.mnemonic() == Mnemonic.CMPXCHG
        && instruction.operands().getFirst() instanceof Operand.Register r
        && oneIn(2)) {
      gpr[Gpr.RAX.ordinal()] = gpr[r.gpr().ordinal()] >>> (r.high() ? 8 : 0);
    }
  }

  /** A dividend whose quotient has a chance to fit. */
  private void suitDividend(Instruction instruction, long[] gpr) {
    if (oneIn(4)) {
      return;
    }
    if (instruction.operandSize() == 8) {
      gpr[Gpr.RAX.ordinal()] = (short) random.nextInt(-300, 300);
    } else {
      boolean sign = instruction.mnemonic() == Mnemonic.IDIV && oneIn(2);
      gpr[Gpr.RDX.ordinal()] = sign ? -1 : random.nextInt(2);
    }
  }

  /** A bit string of a few hundred bytes around its base. */
  private void suitBitOffset(Instruction instruction, long[] gpr) {
    if (instruction.operands().get(1) instanceof Operand.Register r && !oneIn(8)) {
      gpr[r.gpr().ordinal()] = random.nextInt(-6000, 6000);
    }
  }

  /** CMPXCHG8B and 16B against memory that is what they expect. */
  private void suitAccumulator(Instruction instruction, long[] gpr, CpuState memory, long linear) {
    int offset = (int) (linear - layout.page());
    if (offset < 0 || offset > 4080 || offset % 8 != 0) {
      return;
    }
    long low = memory.word(offset / 8);
    switch (instruction.mnemonic()) {
      case CMPXCHG -> gpr[Gpr.RAX.ordinal()] = low;
      case CMPXCHG8B -> {
        gpr[Gpr.RAX.ordinal()] = low;
        gpr[Gpr.RDX.ordinal()] = low >>> 32;
      }
      case CMPXCHG16B -> {
        gpr[Gpr.RAX.ordinal()] = low;
        gpr[Gpr.RDX.ordinal()] = memory.word(offset / 8 + 1);
      }
      default -> {}
    }
  }

  private void point(long[] gpr, Gpr register, Segment segment, Instruction instruction) {
    gpr[register.ordinal()] = Targets.offset(layout, instruction.mode(), segment, linear());
  }

  /** Mostly well inside the page and often aligned; else over its edges. */
  private long linear() {
    long offset =
        switch (random.nextInt(16)) {
          case 0 -> 4096 - random.nextInt(20);
          case 1 -> random.nextInt(20) - 10;
          default -> random.nextInt(32, 4064);
        };
    return layout.page() + (oneIn(2) ? offset & -16 : offset);
  }

  /** Sets a register of the address so that it comes to a random place; answers the place. */
  private long aim(long[] gpr, Operand.Memory m, Instruction instruction) {
    long linear = linear();
    boolean nowhere = m.addressSize() == 64 && oneIn(32);
    if (nowhere) {
      return linear;
    }
    long rest = Targets.offset(layout, instruction.mode(), m.segment(), linear) - m.displacement();
    Optional<Gpr> base = m.base();
    Optional<Gpr> index = m.index();
    if (base.isPresent() && index.isPresent() && base.equals(index)) {
      set(gpr, base.get(), rest / (m.scale() + 1), m.addressSize());
    } else if (base.isPresent()) {
      long scaled = index.map(i -> gpr[i.ordinal()] * m.scale()).orElse(0L);
      set(gpr, base.get(), rest - scaled, m.addressSize());
    } else if (index.isPresent()) {
      set(gpr, index.get(), rest / m.scale(), m.addressSize());
    }
    return linear;
  }

  /** The bits above the address size stay as they were: they must not matter. */
  private static void set(long[] gpr, Gpr register, long value, int addressSize) {
    long mask = addressSize == 64 ? -1L : (1L << addressSize) - 1;
    gpr[register.ordinal()] = gpr[register.ordinal()] & ~mask | value & mask;
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }
}
