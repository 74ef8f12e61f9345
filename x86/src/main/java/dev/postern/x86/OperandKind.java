package dev.postern.x86;

import static dev.postern.x86.OperandKind.Slot.FIXED;
import static dev.postern.x86.OperandKind.Slot.IMMEDIATE;
import static dev.postern.x86.OperandKind.Slot.MOFFS;
import static dev.postern.x86.OperandKind.Slot.OPCODE;
import static dev.postern.x86.OperandKind.Slot.REG;
import static dev.postern.x86.OperandKind.Slot.RELATIVE;
import static dev.postern.x86.OperandKind.Slot.RM;
import static dev.postern.x86.OperandKind.Slot.STRING;
import static dev.postern.x86.OperandKind.Width.B;
import static dev.postern.x86.OperandKind.Width.D;
import static dev.postern.x86.OperandKind.Width.DQ;
import static dev.postern.x86.OperandKind.Width.NONE;
import static dev.postern.x86.OperandKind.Width.P;
import static dev.postern.x86.OperandKind.Width.Q;
import static dev.postern.x86.OperandKind.Width.S;
import static dev.postern.x86.OperandKind.Width.TWO_V;
import static dev.postern.x86.OperandKind.Width.V;
import static dev.postern.x86.OperandKind.Width.W;
import static dev.postern.x86.OperandKind.Width.Y;
import static dev.postern.x86.OperandKind.Width.Z;

/**
 * The operand codes of SDM vol. 2 appendix A.2: a capital for where the operand stands in the
 * encoding, a small letter for its width. The few that the appendix lacks say so.
 */
enum OperandKind {
  /** ModRM.rm, register or memory. */
  Eb(RM, B, true, true),
  Ew(RM, W, true, true),
  Ed(RM, D, true, true),
  Ev(RM, V, true, true),
  Ey(RM, Y, true, true),
  /** ModRM.rm, memory only; plain M is an address whose contents are not accessed as an operand. */
  M(RM, NONE, true, false),
  Mw(RM, W, true, false),
  Md(RM, D, true, false),
  Mv(RM, V, true, false),
  Mq(RM, Q, true, false),
  Mdq(RM, DQ, true, false),
  /** Far pointer: offset of the operand size, then selector. */
  Mp(RM, P, true, false),
  /** Two bounds of the operand size. */
  Ma(RM, TWO_V, true, false),
  /** Limit and base of a descriptor table. */
  Ms(RM, S, true, false),
  /** Not accessed although it looks like an operand (NOP). */
  En(RM, V, true, true),
  /** ModRM.rm, register only. */
  Rv(RM, V, false, true),
  Ry(RM, Y, false, true),
  /** Register whatever ModRM.mod says (MOV to and from control and debug registers). */
  Rr(RM, Y, false, true),

  /** ModRM.reg, a general register. */
  Gb(REG, B, false, true),
  Gw(REG, W, false, true),
  Gv(REG, V, false, true),
  Gy(REG, Y, false, true),
  /** ModRM.reg, a segment, control or debug register. */
  Sw(REG, W, false, false),
  Cd(REG, Y, false, false),
  Dd(REG, Y, false, false),

  /** Low three bits of the opcode: {@code +rb}, {@code +rw/rd/ro} of the SDM's opcode column. */
  Zb(OPCODE, B, false, true),
  Zv(OPCODE, V, false, true),

  Ib(IMMEDIATE, B, false, false),
  /** imm8, sign-extended to the operand size. */
  sIb(IMMEDIATE, V, false, false),
  Iw(IMMEDIATE, W, false, false),
  /** imm16 or imm32, sign-extended to the operand size. */
  Iz(IMMEDIATE, V, false, false),
  Iv(IMMEDIATE, V, false, false),
  /** {@code ptr16:16} or {@code ptr16:32}: two operands, selector and offset. */
  Ap(IMMEDIATE, V, false, false),
  Jb(RELATIVE, V, false, false),
  Jz(RELATIVE, V, false, false),
  Ob(MOFFS, B, true, false),
  Ov(MOFFS, V, true, false),

  /** {@code seg:[rSI]}, {@code es:[rDI]} and XLAT's {@code seg:[rBX]}. */
  Xb(STRING, B, true, false),
  Xv(STRING, V, true, false),
  Xz(STRING, Z, true, false),
  Yb(STRING, B, true, false),
  Yv(STRING, V, true, false),
  Yz(STRING, Z, true, false),
  XLAT_TABLE(STRING, B, true, false),

  /** Operands named by the opcode itself. */
  AL(FIXED, B, false, true),
  CL(FIXED, B, false, true),
  DX(FIXED, W, false, true),
  rAX(FIXED, V, false, true),
  /** AX or EAX, never RAX (IN, OUT). */
  eAX(FIXED, Z, false, true),
  ONE(FIXED, B, false, false),
  ES(FIXED, W, false, false),
  CS(FIXED, W, false, false),
  SS(FIXED, W, false, false),
  DS(FIXED, W, false, false),
  FS(FIXED, W, false, false),
  GS(FIXED, W, false, false);

  /** Where the operand is encoded. */
  enum Slot {
    RM,
    REG,
    OPCODE,
    IMMEDIATE,
    RELATIVE,
    MOFFS,
    STRING,
    FIXED
  }

  /** The appendix's width letters. */
  enum Width {
    NONE,
    B,
    W,
    D,
    Q,
    DQ,
    /** The operand size. */
    V,
    /** The operand size, at most 32. */
    Z,
    /** 64 for a 64-bit operand size, else 32. */
    Y,
    P,
    TWO_V,
    S;

    /** Bits, for an operand size of 8, 16, 32 or 64 in {@code mode}. */
    int bits(int operandSize, Mode mode) {
      return switch (this) {
        case NONE -> 0;
        case B -> 8;
        case W -> 16;
        case D -> 32;
        case Q -> 64;
        case DQ -> 128;
        case V -> operandSize;
        case Z -> Math.min(operandSize, 32);
        case Y -> Math.max(operandSize, 32);
        case P -> 16 + operandSize;
        case TWO_V -> 2 * operandSize;
        case S -> mode == Mode.BITS64 ? 80 : 48;
      };
    }
  }

  final Slot slot;
  final Width width;
  final boolean memory;
  final boolean register;

  OperandKind(Slot slot, Width width, boolean memory, boolean register) {
    this.slot = slot;
    this.width = width;
    this.memory = memory;
    this.register = register;
  }

  /** Bits of the operand; {@link #En} has a width as a register only. */
  int bits(boolean inMemory, int operandSize, Mode mode) {
    return this == En && inMemory ? 0 : width.bits(operandSize, mode);
  }

  /** Bytes that follow ModRM, SIB and displacement; for {@code moffs} the address size rules. */
  int immediateBytes(int operandSize, int addressSize) {
    return switch (this) {
      case Ib, sIb, Jb -> 1;
      case Iw -> 2;
      case Iz, Jz -> operandSize == 16 ? 2 : 4;
      case Iv -> operandSize / 8;
      case Ap -> 2 + operandSize / 8;
      case Ob, Ov -> addressSize / 8;
      default -> 0; // every other slot stands in opcode, ModRM or nowhere
    };
  }
}
