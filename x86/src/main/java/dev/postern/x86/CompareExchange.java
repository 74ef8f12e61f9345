package dev.postern.x86;

/** CMPXCHG, CMPXCHG8B, CMPXCHG16B. Memory is written whatever the comparison says. */
final class CompareExchange {

  private CompareExchange() {}

  /**
   * {@code IF rAX = DEST THEN ZF := 1, DEST := SRC ELSE ZF := 0, rAX := DEST}. A 32-bit register is
   * zero-extended only where it is the one that changes, as processors do; the SDM's {@code DEST :=
   * TEMP} leaves it open.
   */
  static <V> Flow<V> cmpxchg(Step<V> s) {
    Algebra<V> a = s.algebra;
    V x = s.read(0);
    V source = s.read(1);
    V accumulator = s.register(Gpr.RAX, a.width(x));
    V equal = a.eq(accumulator, x);
    if (s.operand(0) instanceof Operand.Register r) {
      V old = s.cpu.gpr(r.gpr());
      s.write(0, source);
      s.cpu.setGpr(r.gpr(), a.ite(equal, s.cpu.gpr(r.gpr()), old));
    } else {
      s.write(0, a.ite(equal, source, x));
    }
    V rax = s.cpu.gpr(Gpr.RAX); // now: the destination may be part of it
    s.cpu.setGpr(Gpr.RAX, a.ite(equal, rax, s.merge(rax, x)));
    Arithmetic.differenceFlags(s, accumulator, x, a.sub(accumulator, x));
    return s.next();
  }

  /** {@code EDX:EAX} against 8 bytes, replaced by {@code ECX:EBX}. */
  static <V> Flow<V> cmpxchg8b(Step<V> s) {
    return pair(s, 32);
  }

  /** {@code RDX:RAX} against 16 bytes, which must be aligned, else #GP. */
  static <V> Flow<V> cmpxchg16b(Step<V> s) {
    Algebra<V> a = s.algebra;
    Operand.Memory m = s.memory(0);
    V linear = a.add(s.cpu.segmentBase(m.segment()), s.address(m));
    V misaligned = a.not(s.isZero(a.extract(linear, 3, 0)));
    s.cpu.raiseIf(misaligned, ExceptionVector.GP);
    return pair(s, 64);
  }

  /** Only ZF changes. */
  private static <V> Flow<V> pair(Step<V> s, int width) {
    Algebra<V> a = s.algebra;
    Operand.Memory m = s.memory(0);
    V address = s.address(m);
    V x = s.cpu.load(m.segment(), address, width / 4);
    V expected = a.concat(s.register(Gpr.RDX, width), s.register(Gpr.RAX, width));
    V desired = a.concat(s.register(Gpr.RCX, width), s.register(Gpr.RBX, width));
    V equal = a.eq(expected, x);
    s.cpu.store(m.segment(), address, a.ite(equal, desired, x));
    keepUnless(s, equal, Gpr.RAX, s.fit(x, width));
    keepUnless(s, equal, Gpr.RDX, a.extract(x, 2 * width - 1, width));
    s.set(Flag.ZF, equal);
    return s.next();
  }

  private static <V> void keepUnless(Step<V> s, V keep, Gpr gpr, V value) {
    V old = s.cpu.gpr(gpr);
    s.cpu.setGpr(gpr, s.algebra.ite(keep, old, s.merge(old, value)));
  }
}
