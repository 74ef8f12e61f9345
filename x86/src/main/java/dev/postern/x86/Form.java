package dev.postern.x86;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;

/** One instruction form: a row of the table that the machine knows. */
final class Form implements Row {

  private final Pattern pattern;
  final Mnemonic mnemonic;

  /** The operand column, by the codes of SDM vol. 2 appendix A. */
  final List<OperandKind> operands;

  private final EnumSet<Attribute> attributes;

  final Sizing sizing;

  private Form(
      Pattern pattern,
      Mnemonic mnemonic,
      List<OperandKind> operands,
      EnumSet<Attribute> attributes) {
    this.pattern = pattern;
    this.mnemonic = mnemonic;
    this.operands = operands;
    this.attributes = attributes;
    this.sizing = sizing();
  }

  @Override
  public Pattern pattern() {
    return pattern;
  }

  /** The superscripts of SDM vol. 2 table A-1 and what else distinguishes a row. */
  enum Attribute {
    /** Invalid in 64-bit mode. */
    I64,
    /** Only in 64-bit mode. */
    O64,
    /** Operand size defaults to 64 in 64-bit mode. */
    D64,
    /** Operand size is 64 in 64-bit mode whatever the prefixes say. */
    F64,
    /** A near branch: as F64, but vendors differ on 66 in 64-bit mode. */
    NEAR,
    /** Operand size is 64 in 64-bit mode and 32 elsewhere, whatever the prefixes say. */
    FULL,
    /** The operand size matters although no operand shows it. */
    SIZED,
    /** REX.W matters although no operand shows it; 66 does not. */
    WIDE,
    /** The address size matters although no operand shows it (LOOP, JCXZ). */
    COUNTED,
    /** LOCK is legal when the destination is memory. */
    LOCK,
    /** With a memory operand the access is locked even without the prefix. */
    XLOCK,
    /** F3 repeats. */
    REP,
    /** F3 repeats while equal, F2 while not equal. */
    REPE,
    /** Only with this operand size. */
    W16,
    W32,
    W64,
    /** Only without REX.B. */
    REXB0,
    /** Another encoding of an earlier row: decoded, never produced. */
    ALIAS
  }

  static Form form(String opcode, Mnemonic mnemonic, OperandKind... operands) {
    Pattern pattern = Pattern.parse(opcode);
    for (OperandKind kind : operands) {
      if (kind.slot == OperandKind.Slot.RM) {
        pattern = pattern.withModRm(kind);
      } else if (kind.slot == OperandKind.Slot.REG) {
        pattern = pattern.withModRm();
      }
    }
    return new Form(pattern, mnemonic, List.of(operands), EnumSet.noneOf(Attribute.class));
  }

  Form with(Attribute... more) {
    EnumSet<Attribute> all = EnumSet.copyOf(attributes);
    Collections.addAll(all, more);
    return new Form(pattern, mnemonic, operands, all);
  }

  boolean has(Attribute attribute) {
    return attributes.contains(attribute);
  }

  @Override
  public String toString() {
    return pattern.text() + " " + mnemonic + " " + operands;
  }

  @Override
  public boolean validIn(Mode mode) {
    return mode == Mode.BITS64 ? !has(Attribute.I64) : !has(Attribute.O64);
  }

  private Sizing sizing() {
    if (has(Attribute.FULL)) {
      return Sizing.FULL;
    }
    if (has(Attribute.D64)) {
      return Sizing.DEFAULT64;
    }
    if (has(Attribute.F64) || has(Attribute.NEAR)) {
      return Sizing.FORCED64;
    }
    boolean bytes = false;
    boolean upTo32 = false;
    boolean atLeast32 = false;
    for (OperandKind kind : operands) {
      switch (kind.width) {
        case V, P, TWO_V -> {
          return Sizing.OPERAND;
        }
        case Y -> atLeast32 = true;
        case Z -> upTo32 = true;
        case B -> bytes |= kind != OperandKind.Ib && kind != OperandKind.ONE;
        case NONE, W, D, Q, DQ, S -> {}
      }
    }
    if (has(Attribute.SIZED) || pattern.wide()) {
      return Sizing.OPERAND;
    }
    return atLeast32 || has(Attribute.WIDE)
        ? Sizing.AT_LEAST_32
        : upTo32 ? Sizing.UP_TO_32 : bytes ? Sizing.BYTE : Sizing.NONE;
  }

  /** The ways an operand size comes about. */
  enum Sizing {
    /** The row has none: the mode's default is reported. */
    NONE,
    BYTE,
    /** Prefixes choose among 16, 32, 64. */
    OPERAND,
    UP_TO_32,
    AT_LEAST_32,
    DEFAULT64,
    FORCED64,
    FULL;

    int bits(Mode mode, boolean operandSizePrefix, boolean rexW) {
      int standard = mode == Mode.BITS16 ? 16 : 32;
      int attribute =
          switch (mode) {
            case BITS64 -> rexW ? 64 : operandSizePrefix ? 16 : 32;
            case BITS32 -> operandSizePrefix ? 16 : 32;
            case BITS16 -> operandSizePrefix ? 32 : 16;
          };
      return switch (this) {
        case NONE -> standard;
        case BYTE -> 8;
        case OPERAND -> attribute;
        case UP_TO_32 -> Math.min(attribute, 32);
        case AT_LEAST_32 -> Math.max(attribute, 32);
        case DEFAULT64 -> mode == Mode.BITS64 && attribute == 32 ? 64 : attribute;
        case FORCED64 -> mode == Mode.BITS64 ? 64 : attribute;
        case FULL -> mode == Mode.BITS64 ? 64 : 32;
      };
    }
  }
}
