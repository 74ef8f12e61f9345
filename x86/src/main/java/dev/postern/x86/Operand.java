package dev.postern.x86;

import java.util.Optional;

/** One operand of a decoded {@link Instruction}; widths are in bits. */
public sealed interface Operand {

  /** Width of the operand's value, in bits: 8, 16, 32 or 64. */
  int width();

  /**
   * A general-purpose register; {@code high} is AH, CH, DH or BH ({@code gpr} then RAX..RBX, width
   * 8). A 32-bit write zero-extends to 64 (SDM vol. 1 §3.4.1.1).
   */
  record Register(Gpr gpr, int width, boolean high) implements Operand {}

  /** A segment register as the operand of MOV or PUSH/POP. */
  record SegmentRegister(Segment segment, int width) implements Operand {}

  /**
   * A memory operand: {@code segment:[base + index*scale + displacement]}, or RIP-relative, where
   * {@code displacement} counts from the end of the instruction. {@code addressSize} (16, 32, 64)
   * is the width at which the effective address wraps. {@code segment} is the one in force after
   * overrides and the RSP/RBP default.
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

  /** An immediate, already extended to {@code width} as its form demands. */
  record Immediate(long value, int width) implements Operand {}

  /** A branch target relative to the end of the instruction; {@code width} is that of IP. */
  record Relative(long displacement, int width) implements Operand {}
}
