package dev.postern.x86;

import java.util.Optional;

/** One operand of a decoded {@link Instruction}; widths are in bits. */
public sealed interface Operand {

  /**
   * Width of the operand's value, in bits: 8, 16, 32 or 64; of a memory operand also 48, 80 or 128
   * (far pointers, descriptor tables, CMPXCHG16B), and 0 where only the address matters (LEA, NOP,
   * INVLPG, prefetches and cache-line instructions).
   */
  int width();

  /**
   * A general-purpose register; {@code high} is AH, CH, DH or BH ({@code gpr} then RAX..RBX, width
   * 8). A 32-bit write zero-extends to 64 (SDM vol. 1 §3.4.1.1).
   */
  record Register(Gpr gpr, int width, boolean high) implements Operand {}

  /** A segment register as the operand of MOV or PUSH/POP. */
  record SegmentRegister(Segment segment, int width) implements Operand {}

  /** CR0..CR15 as the operand of MOV_CR. */
  record ControlRegister(int number, int width) implements Operand {}

  /** DR0..DR15 as the operand of MOV_DR. */
  record DebugRegister(int number, int width) implements Operand {}

  /**
   * A memory operand: {@code segment:[base + index*scale + displacement]}, or RIP-relative, where
   * {@code displacement} counts from the end of the instruction. {@code addressSize} (16, 32, 64)
   * is the width at which the effective address wraps; {@code displacement} is sign-extended from
   * it. {@code segment} is the one in force after overrides and the RSP/RBP default; in 64-bit mode
   * overrides other than FS and GS are ignored, as the processor ignores them.
   */
  record Memory(
      Segment segment,
      Optional<Gpr> base,
      Optional<Gpr> index,
      int scale,
      long displacement,
      boolean ripRelative,
      int addressSize,
      int width)
      implements Operand {}

  /**
   * An immediate, already extended to {@code width} as its form demands; bits above the width are
   * zero, so that equal operands are equal records.
   */
  record Immediate(long value, int width) implements Operand {
    public Immediate {
      value = width >= 64 ? value : value & ((1L << width) - 1);
    }
  }

  /** A branch target relative to the end of the instruction; {@code width} is that of IP. */
  record Relative(long displacement, int width) implements Operand {}
}
