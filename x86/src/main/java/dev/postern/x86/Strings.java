package dev.postern.x86;

/**
 * MOVS, CMPS, STOS, LODS, SCAS: one element. rSI and rDI move by the element's size, down if DF is
 * set, at the address size; INS and OUTS touch ports and are the machine's.
 */
final class Strings {

  private Strings() {}

  /** The instruction without a repeat prefix, or {@link Flow.Repeats}. */
  static <V> Flow<V> step(Step<V> s) {
    if (s.instruction.repeat() != Repeat.NONE) {
      return new Flow.Repeats<>();
    }
    element(s);
    return s.next();
  }

  /** One element and {@code count := count - 1}; answers whether ZF lets the repetition go on. */
  static <V> V iterate(Step<V> s) {
    element(s);
    V count = count(s);
    V one = s.constant(s.algebra.width(count), 1);
    s.setRegister(Gpr.RCX, s.algebra.sub(count, one));
    return switch (s.instruction.repeat()) {
      case NONE, REP -> s.truth(true);
      case REPE -> s.flag(Flag.ZF);
      case REPNE -> s.algebra.not(s.flag(Flag.ZF));
    };
  }

  /** CX, ECX or RCX, by address size. */
  static <V> V count(Step<V> s) {
    return s.register(Gpr.RCX, s.instruction.addressSize());
  }

  /**
   * MOVS, STOS, LODS: {@code DEST := SRC}; CMPS, SCAS: flags of {@code SRC1 - SRC2}. Then every
   * pointer used moves on.
   */
  private static <V> void element(Step<V> s) {
    Mnemonic mnemonic = s.instruction.mnemonic();
    if (mnemonic == Mnemonic.CMPS || mnemonic == Mnemonic.SCAS) {
      V x = s.read(0);
      V y = s.read(1);
      Arithmetic.differenceFlags(s, x, y, s.algebra.sub(x, y));
    } else {
      s.write(0, s.read(1));
    }
    for (Operand operand : s.instruction.operands()) {
      if (operand instanceof Operand.Memory m) {
        advance(s, m.base().orElseThrow());
      }
    }
  }

  private static <V> void advance(Step<V> s, Gpr gpr) {
    int width = s.instruction.addressSize();
    long size = s.operandSize() / 8;
    V by = s.algebra.ite(s.flag(Flag.DF), s.constant(width, -size), s.constant(width, size));
    s.setRegister(gpr, s.algebra.add(s.register(gpr, width), by));
  }
}
