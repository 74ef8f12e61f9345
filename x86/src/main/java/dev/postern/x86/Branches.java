package dev.postern.x86;

/** Near control transfers INTO and BOUND. */
final class Branches {

  private Branches() {}

  /** {@code RIP := target}. */
  static <V> Flow<V> jmp(Step<V> s) {
    return s.operand(0) instanceof Operand.Relative r
        ? new Flow.Direct<>(s.target(r))
        : new Flow.Indirect<>(s.algebra.zeroExtend(s.read(0), 64));
  }

  /** {@code IF condition THEN RIP := target}. */
  static <V> Flow<V> jcc(Step<V> s) {
    return branchIf(s, Flags.condition(s));
  }

  /** {@code IF count = 0 THEN RIP := target}; the count is CX, ECX or RCX by address size. */
  static <V> Flow<V> jcxz(Step<V> s) {
    return branchIf(s, s.isZero(s.register(Gpr.RCX, s.instruction.addressSize())));
  }

  /** {@code count := count - 1; IF count != 0 THEN RIP := target}. */
  static <V> Flow<V> loop(Step<V> s) {
    return branchIf(s, countDown(s));
  }

  /** LOOP that also needs ZF = 1. */
  static <V> Flow<V> loope(Step<V> s) {
    return branchIf(s, s.algebra.and(countDown(s), s.flag(Flag.ZF)));
  }

  /** LOOP that also needs ZF = 0. */
  static <V> Flow<V> loopne(Step<V> s) {
    return branchIf(s, s.algebra.and(countDown(s), s.algebra.not(s.flag(Flag.ZF))));
  }

  private static <V> V countDown(Step<V> s) {
    int width = s.instruction.addressSize();
    V count = s.algebra.sub(s.register(Gpr.RCX, width), s.constant(width, 1));
    s.setRegister(Gpr.RCX, count);
    return s.algebra.not(s.isZero(count));
  }

  private static <V> Flow<V> branchIf(Step<V> s, V condition) {
    return new Flow.Conditional<>(condition, s.target((Operand.Relative) s.operand(0)));
  }

  /**
   * {@code Push(RIP); RIP := target}; a target in memory is read before the push. That a target is
   * canonical is the machine's to check, and to undo the push where it is not.
   */
  static <V> Flow<V> call(Step<V> s) {
    if (!Stack.known(s)) {
      return s.delegated();
    }
    Flow<V> transfer = jmp(s);
    Stack.push(s, s.constant(64, s.nextIp));
    return transfer;
  }

  /** {@code RIP := Pop(); RSP := RSP + SRC}. */
  static <V> Flow<V> ret(Step<V> s) {
    if (!Stack.known(s)) {
      return s.delegated();
    }
    V target = Stack.top(s, 64);
    Stack.drop(s, 8);
    if (s.operandCount() == 1) {
      V release = s.algebra.zeroExtend(s.read(0), 64);
      s.cpu.setGpr(Gpr.RSP, s.algebra.add(s.cpu.gpr(Gpr.RSP), release));
    }
    return new Flow.Indirect<>(target);
  }

  /** {@code IF OF = 1 THEN #OF}. */
  static <V> Flow<V> into(Step<V> s) {
    s.cpu.raiseIf(s.flag(Flag.OF), ExceptionVector.OF);
    return s.next();
  }

  /** #BR unless {@code [m] <= index <= [m + size]}, signed. */
  static <V> Flow<V> bound(Step<V> s) {
    Algebra<V> a = s.algebra;
    V index = s.read(0);
    int bytes = a.width(index) / 8;
    Operand.Memory m = s.memory(1);
    V lower = s.cpu.load(m.segment(), s.address(m), bytes);
    V upper = s.cpu.load(m.segment(), s.address(m, s.constant(64, bytes)), bytes);
    s.cpu.raiseIf(a.or(a.slt(index, lower), a.slt(upper, index)), ExceptionVector.BR);
    return s.next();
  }
}
