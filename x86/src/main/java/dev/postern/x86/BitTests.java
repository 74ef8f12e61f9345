package dev.postern.x86;

import java.util.List;

/** BT, BTS, BTR, BTC: one bit of a register, a memory operand, or a bit string in memory. */
final class BitTests {

  private BitTests() {}

  /** What becomes of the selected bit. */
  private enum Change {
    KEEP,
    SET,
    RESET,
    COMPLEMENT
  }

  /** {@code CF := Bit(BitBase, BitOffset)}. */
  static <V> Flow<V> bt(Step<V> s) {
    return test(s, Change.KEEP);
  }

  /** {@code CF := Bit(BitBase, BitOffset); Bit := 1}. */
  static <V> Flow<V> bts(Step<V> s) {
    return test(s, Change.SET);
  }

  /** {@code CF := Bit(BitBase, BitOffset); Bit := 0}. */
  static <V> Flow<V> btr(Step<V> s) {
    return test(s, Change.RESET);
  }

  /** {@code CF := Bit(BitBase, BitOffset); Bit := NOT Bit}. */
  static <V> Flow<V> btc(Step<V> s) {
    return test(s, Change.COMPLEMENT);
  }

  /** ZF is not affected; OF, SF, AF and PF are undefined. */
  private static <V> Flow<V> test(Step<V> s, Change change) {
    Algebra<V> a = s.algebra;
    int width = s.operand(0).width();
    V offset = s.fit(s.read(1), width);
    boolean string = s.isMemory(0) && s.operand(1) instanceof Operand.Register;
    V x = string ? s.cpu.load(s.memory(0).segment(), word(s, offset), width / 8) : s.read(0);
    V index = a.and(offset, s.constant(width, width - 1));
    V mask = a.shl(s.constant(width, 1), index);
    V r =
        switch (change) {
          case KEEP -> x;
          case SET -> a.or(x, mask);
          case RESET -> a.and(x, a.not(mask));
          case COMPLEMENT -> a.xor(x, mask);
        };
    if (change != Change.KEEP) {
      if (string) {
        s.cpu.store(s.memory(0).segment(), word(s, offset), r);
      } else {
        s.write(0, r);
      }
    }
    s.set(Flag.CF, s.bit(a.lshr(x, index), 0));
    Flags.undefined(s, List.of(x, offset), Flag.OF, Flag.SF, Flag.AF, Flag.PF);
    return s.next();
  }

  /**
   * With the offset in a register the operand is a bit string reaching 2^(width-1) bits either way:
   * the word holding the bit is at {@code base + width/8 * (offset DIV width)}, DIV rounding down.
   */
  private static <V> V word(Step<V> s, V offset) {
    Algebra<V> a = s.algebra;
    int width = a.width(offset);
    int log = Integer.numberOfTrailingZeros(width);
    V words = a.signExtend(a.ashr(offset, s.constant(width, log)), 64);
    return s.address(s.memory(0), a.shl(words, s.constant(64, log - 3)));
  }
}
