package dev.postern.x86;

import java.util.List;

/**
 * The processor as one instruction sees it. {@link Semantics} reads and writes through it; the
 * implementation (concrete or symbolic) owns registers, memory, faults and paths.
 *
 * <p>Contract of {@link Semantics}: an instruction performs all its loads and stores and {@link
 * #raiseIf} before its first register or flag write, so that a fault leaves registers as they were.
 */
public interface Cpu<V> {

  Algebra<V> algebra();

  /** 64 bits, in every mode. */
  V gpr(Gpr register);

  /** Sets all 64 bits; semantics has merged partial writes already. */
  void setGpr(Gpr register, V value);

  /** One bit. */
  V flag(Flag flag);

  void setFlag(Flag flag, V bit);

  /**
   * A value that the SDM leaves undefined: any value at all, perhaps depending on {@code inputs}
   * (the instruction's own operands).
   */
  V undefined(int width, List<V> inputs);

  /** 16 bits. */
  V selector(Segment segment);

  /** 64 bits; in 64-bit mode zero for ES, CS, SS, DS. */
  V segmentBase(Segment segment);

  /**
   * Loads {@code bytes} (1, 2, 4, 8, 16) little-endian at effective address {@code offset} (64
   * bits, already truncated to the address size) in {@code segment}.
   */
  V load(Segment segment, V offset, int bytes);

  void store(Segment segment, V offset, V value);

  /** The instruction ends with the exception where {@code condition} (one bit) is 1. */
  void raiseIf(V condition, ExceptionVector vector);
}
