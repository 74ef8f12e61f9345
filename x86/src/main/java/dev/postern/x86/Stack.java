package dev.postern.x86;

import java.util.Optional;

/**
 * PUSH, POP, PUSHF, POPF, ENTER, LEAVE, and the stack half of CALL and RET, in 64-bit mode.
 *
 * <p>In the other modes the width of the stack pointer is SS.B, a bit of a descriptor that nothing
 * here knows: every stack instruction is then {@link Flow.Delegated}, hence unknown.
 */
final class Stack {

  private Stack() {}

  /** Whether the stack pointer's width is known: 64 bits, in 64-bit mode only. */
  static <V> boolean known(Step<V> s) {
    return s.instruction.mode() == Mode.BITS64;
  }

  /** {@code RSP := RSP - size; [SS:RSP] := SRC}; PUSH RSP stores the old value. */
  static <V> Flow<V> push(Step<V> s) {
    if (!known(s)) {
      return s.delegated();
    }
    push(s, s.fit(s.read(0), s.operandSize()));
    return s.next();
  }

  static <V> void push(Step<V> s, V value) {
    int bytes = s.algebra.width(value) / 8;
    V top = s.algebra.sub(s.cpu.gpr(Gpr.RSP), s.constant(64, bytes));
    s.cpu.store(Segment.SS, top, value);
    s.cpu.setGpr(Gpr.RSP, top);
  }

  /** The value on top of the stack; RSP is still to be moved. */
  static <V> V top(Step<V> s, int width) {
    return s.cpu.load(Segment.SS, s.cpu.gpr(Gpr.RSP), width / 8);
  }

  static <V> void drop(Step<V> s, long bytes) {
    s.cpu.setGpr(Gpr.RSP, s.algebra.add(s.cpu.gpr(Gpr.RSP), s.constant(64, bytes)));
  }

  /**
   * {@code DEST := [SS:RSP]; RSP := RSP + size}. An address formed from RSP uses the value after
   * the increment; POP RSP ends with the popped value. Segment registers are not the core's.
   */
  static <V> Flow<V> pop(Step<V> s) {
    if (!known(s) || s.operand(0) instanceof Operand.SegmentRegister) {
      return s.delegated();
    }
    int bytes = s.operandSize() / 8;
    V value = top(s, s.operandSize());
    if (s.operand(0) instanceof Operand.Memory m) {
      s.cpu.store(m.segment(), s.address(afterIncrement(m, bytes)), value);
      drop(s, bytes);
    } else {
      drop(s, bytes);
      s.write(0, value);
    }
    return s.next();
  }

  private static Operand.Memory afterIncrement(Operand.Memory m, int bytes) {
    boolean fromRsp = m.base().equals(Optional.of(Gpr.RSP));
    return new Operand.Memory(
        m.segment(),
        m.base(),
        m.index(),
        m.scale(),
        m.displacement() + (fromRsp ? bytes : 0),
        m.ripRelative(),
        m.addressSize(),
        m.width());
  }

  /** {@code [SS:RSP] := RFLAGS AND 00FCFFFFH}: VM and RF are pushed as 0. */
  static <V> Flow<V> pushf(Step<V> s) {
    if (!known(s)) {
      return s.delegated();
    }
    push(s, FlagOps.image(s, s.operandSize()));
    return s.next();
  }

  /** See {@link FlagOps#restore}. */
  static <V> Flow<V> popf(Step<V> s) {
    if (!known(s)) {
      return s.delegated();
    }
    V image = top(s, s.operandSize());
    drop(s, s.operandSize() / 8);
    FlagOps.restore(s, image);
    return s.next();
  }

  /**
   * Push rBP; of nesting levels above 0 (modulo 32) push the frame pointers found below the old
   * frame, one fewer than there are levels, then the new one; {@code rBP :=} where rBP was pushed,
   * {@code RSP := RSP - SRC1}. It faults where a write at the final RSP would (SDM: #PF), so what
   * is there is read and written back.
   */
  static <V> Flow<V> enter(Step<V> s) {
    if (!known(s) || !(s.operand(1) instanceof Operand.Immediate levels)) {
      return s.delegated();
    }
    int bytes = s.operandSize() / 8;
    V size = s.constant(64, bytes);
    V frame = s.algebra.sub(s.cpu.gpr(Gpr.RSP), size);
    s.cpu.store(Segment.SS, frame, s.register(Gpr.RBP, s.operandSize()));
    long level = levels.value() & 31;
    V top = frame;
    V outer = s.cpu.gpr(Gpr.RBP);
    for (long i = 1; i < level; i++) {
      outer = s.algebra.sub(outer, size);
      top = s.algebra.sub(top, size);
      s.cpu.store(Segment.SS, top, s.cpu.load(Segment.SS, outer, bytes));
    }
    if (level > 0) {
      top = s.algebra.sub(top, size);
      s.cpu.store(Segment.SS, top, s.fit(frame, s.operandSize()));
    }
    V end = s.algebra.sub(top, s.algebra.zeroExtend(s.read(0), 64));
    s.cpu.store(Segment.SS, end, s.cpu.load(Segment.SS, end, bytes));
    s.setRegister(Gpr.RBP, s.fit(frame, s.operandSize()));
    s.cpu.setGpr(Gpr.RSP, end);
    return s.next();
  }

  /** {@code RSP := RBP; rBP := Pop()}. */
  static <V> Flow<V> leave(Step<V> s) {
    if (!known(s)) {
      return s.delegated();
    }
    V frame = s.cpu.gpr(Gpr.RBP);
    int bytes = s.operandSize() / 8;
    V caller = s.cpu.load(Segment.SS, frame, bytes);
    s.cpu.setGpr(Gpr.RSP, s.algebra.add(frame, s.constant(64, bytes)));
    s.setRegister(Gpr.RBP, caller);
    return s.next();
  }
}
