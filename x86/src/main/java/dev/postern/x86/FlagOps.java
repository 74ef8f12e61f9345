package dev.postern.x86;

import java.util.List;

/** Instructions about flags alone, and RFLAGS as a whole for PUSHF and POPF. */
final class FlagOps {

  private FlagOps() {}

  /** CLC, STC, CLD, STD. */
  static <V> Flow<V> assign(Step<V> s, Flag flag, boolean value) {
    s.set(flag, value);
    return s.next();
  }

  /** {@code CF := NOT CF}. */
  static <V> Flow<V> cmc(Step<V> s) {
    s.set(Flag.CF, s.algebra.not(s.flag(Flag.CF)));
    return s.next();
  }

  /** {@code AL := CF ? FFH : 0}. */
  static <V> Flow<V> salc(Step<V> s) {
    s.setRegister(Gpr.RAX, s.algebra.signExtend(s.flag(Flag.CF), 8));
    return s.next();
  }

  /** {@code AH := SF:ZF:0:AF:0:PF:1:CF}. */
  static <V> Flow<V> lahf(Step<V> s) {
    V low = s.register(Gpr.RAX, 8);
    s.setRegister(Gpr.RAX, s.algebra.concat(image(s, 8), low));
    return s.next();
  }

  /** {@code SF:ZF:0:AF:0:PF:1:CF := AH}. */
  static <V> Flow<V> sahf(Step<V> s) {
    V image = s.algebra.extract(s.cpu.gpr(Gpr.RAX), 15, 8);
    for (Flag flag : List.of(Flag.CF, Flag.PF, Flag.AF, Flag.ZF, Flag.SF)) {
      s.set(flag, s.bit(image, flag.bit()));
    }
    return s.next();
  }

  /**
   * {@code IF := value} if CPL &lt;= IOPL. Otherwise #GP, unless CPL is 3 and CR4.PVI is 1: then
   * VIF is what changes, and STI with VIP set is #GP. CR4.PVI is not known here, so it is any
   * value.
   */
  static <V> Flow<V> interruptFlag(Step<V> s, boolean value) {
    if (s.instruction.mode() != Mode.BITS64) {
      return s.delegated(); // real and virtual-8086 mode have other rules
    }
    Algebra<V> a = s.algebra;
    V allowed = a.not(a.ult(iopl(s), cpl(s)));
    V user = a.eq(cpl(s), s.constant(2, 3));
    V pvi = a.and(a.not(allowed), a.and(user, s.cpu.undefined(1, List.of())));
    V fault = a.not(a.or(allowed, pvi));
    if (value) {
      fault = a.or(fault, a.and(pvi, s.flag(Flag.VIP)));
    }
    s.cpu.raiseIf(fault, ExceptionVector.GP);
    s.set(Flag.IF, a.ite(allowed, s.truth(value), s.flag(Flag.IF)));
    s.set(Flag.VIF, a.ite(pvi, s.truth(value), s.flag(Flag.VIF)));
    return s.next();
  }

  /** CLAC, STAC: {@code AC := value}; #UD above CPL 0. */
  static <V> Flow<V> alignmentCheck(Step<V> s, boolean value) {
    if (s.instruction.mode() != Mode.BITS64) {
      return s.delegated();
    }
    s.cpu.raiseIf(s.algebra.not(s.isZero(cpl(s))), ExceptionVector.UD);
    s.set(Flag.AC, value);
    return s.next();
  }

  /** The low {@code width} bits of RFLAGS as PUSHF and LAHF store them. */
  static <V> V image(Step<V> s, int width) {
    V image = imageBit(s, 0);
    for (int bit = 1; bit < Math.min(width, 22); bit++) {
      image = s.algebra.concat(imageBit(s, bit), image);
    }
    return s.fit(image, width);
  }

  /** Bit 1 reads as 1, other reserved bits, VM and RF as 0. */
  private static <V> V imageBit(Step<V> s, int bit) {
    for (Flag flag : Flag.values()) {
      if (flag.bit() == bit && flag != Flag.VM && flag != Flag.RF) {
        return s.flag(flag);
      }
    }
    return s.truth(bit == 1);
  }

  /**
   * POPF in protected and 64-bit mode, outside virtual-8086 mode: IOPL changes at CPL 0 only, IF if
   * CPL &lt;= IOPL (the old IOPL); VM, VIF and VIP never. A 32- or 64-bit image clears RF, a 16-bit
   * one does not reach it.
   */
  static <V> void restore(Step<V> s, V image) {
    Algebra<V> a = s.algebra;
    V supervisor = s.isZero(cpl(s));
    V mayInterrupt = a.not(a.ult(iopl(s), cpl(s)));
    for (Flag flag : Flag.values()) {
      if (flag.bit() >= a.width(image)) {
        break;
      }
      V bit = s.bit(image, flag.bit());
      switch (flag) {
        case CF, PF, AF, ZF, SF, TF, DF, OF, NT, AC, ID -> s.set(flag, bit);
        case IF -> s.set(flag, a.ite(mayInterrupt, bit, s.flag(flag)));
        case IOPL_LOW, IOPL_HIGH -> s.set(flag, a.ite(supervisor, bit, s.flag(flag)));
        case RF -> s.set(flag, false);
        case VM, VIF, VIP -> {}
      }
    }
  }

  private static <V> V cpl(Step<V> s) {
    return s.algebra.extract(s.cpu.selector(Segment.CS), 1, 0);
  }

  private static <V> V iopl(Step<V> s) {
    return s.algebra.concat(s.flag(Flag.IOPL_HIGH), s.flag(Flag.IOPL_LOW));
  }
}
