package dev.postern.x86;

import java.util.List;

/**
 * Data moves: MOV, extensions, LEA, XCHG, BSWAP, CMOVcc, SETcc, MOVBE, CBW and its family, XLAT.
 */
final class Moves {

  private Moves() {}

  /**
   * {@code DEST := SRC}. A selector read is zero-extended to a 32- or 64-bit register and is 16
   * bits in memory; loading a segment register reads descriptor tables and is not the core's.
   */
  static <V> Flow<V> mov(Step<V> s) {
    if (s.operand(0) instanceof Operand.SegmentRegister) {
      return s.delegated();
    }
    s.write(0, s.fit(s.read(1), s.operand(0).width()));
    return s.next();
  }

  /** {@code DEST := ZeroExtend(SRC)}. */
  static <V> Flow<V> movzx(Step<V> s) {
    s.write(0, s.algebra.zeroExtend(s.read(1), s.operand(0).width()));
    return s.next();
  }

  /** {@code DEST := SignExtend(SRC)}. */
  static <V> Flow<V> movsx(Step<V> s) {
    s.write(0, s.algebra.signExtend(s.read(1), s.operand(0).width()));
    return s.next();
  }

  /** {@code DEST := EffectiveAddress(SRC)}, cut or zero-extended to the operand size. */
  static <V> Flow<V> lea(Step<V> s) {
    s.write(0, s.fit(s.address(s.memory(1)), s.operand(0).width()));
    return s.next();
  }

  /** {@code TEMP := DEST; DEST := SRC; SRC := TEMP}; the memory operand is written first. */
  static <V> Flow<V> xchg(Step<V> s) {
    V first = s.read(0);
    V second = s.read(1);
    if (s.isMemory(1)) {
      s.write(1, first);
      s.write(0, second);
    } else {
      s.write(0, second);
      s.write(1, first);
    }
    return s.next();
  }

  /** Reverses the bytes; of a 16-bit register the result is undefined. */
  static <V> Flow<V> bswap(Step<V> s) {
    V value = s.read(0);
    s.write(
        0,
        s.operand(0).width() == 16
            ? s.cpu.undefined(16, List.of(value))
            : reverseBytes(s.algebra, value));
    return s.next();
  }

  /** {@code DEST := bytes of SRC in reverse order}. */
  static <V> Flow<V> movbe(Step<V> s) {
    s.write(0, reverseBytes(s.algebra, s.read(1)));
    return s.next();
  }

  private static <V> V reverseBytes(Algebra<V> a, V value) {
    V result = a.extract(value, 7, 0);
    for (int low = 8; low < a.width(value); low += 8) {
      result = a.concat(result, a.extract(value, low + 7, low));
    }
    return result;
  }

  /**
   * {@code IF condition THEN DEST := SRC}. The source is read either way, and a 32-bit destination
   * is zero-extended either way.
   */
  static <V> Flow<V> cmov(Step<V> s) {
    V source = s.read(1);
    s.write(0, s.algebra.ite(Flags.condition(s), source, s.read(0)));
    return s.next();
  }

  /** {@code DEST := condition ? 1 : 0}. */
  static <V> Flow<V> setcc(Step<V> s) {
    s.write(0, s.algebra.zeroExtend(Flags.condition(s), s.operand(0).width()));
    return s.next();
  }

  /** CBW, CWDE, CDQE: the accumulator's lower half, sign-extended into the whole. */
  static <V> Flow<V> widenAccumulator(Step<V> s, int width) {
    s.setRegister(Gpr.RAX, s.algebra.signExtend(s.register(Gpr.RAX, width / 2), width));
    return s.next();
  }

  /** CWD, CDQ, CQO: rDX filled with the accumulator's sign. */
  static <V> Flow<V> signIntoData(Step<V> s, int width) {
    s.setRegister(Gpr.RDX, s.algebra.signExtend(s.sign(s.register(Gpr.RAX, width)), width));
    return s.next();
  }

  /** {@code AL := (DS:rBX + ZeroExtend(AL))}. */
  static <V> Flow<V> xlat(Step<V> s) {
    Operand.Memory table = s.memory(0);
    V index = s.algebra.zeroExtend(s.register(Gpr.RAX, 8), 64);
    s.setRegister(Gpr.RAX, s.cpu.load(table.segment(), s.address(table, index), 1));
    return s.next();
  }

  /** CLFLUSH, CLFLUSHOPT, CLWB: checked as a load of one byte is, value unused. */
  static <V> Flow<V> touch(Step<V> s) {
    Operand.Memory line = s.memory(0);
    s.cpu.load(line.segment(), s.address(line), 1);
    return s.next();
  }
}
