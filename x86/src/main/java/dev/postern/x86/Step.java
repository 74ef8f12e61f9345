package dev.postern.x86;

import java.util.ArrayList;
import java.util.List;

/**
 * One instruction being executed: what every meaning needs, and nothing of any one mnemonic. Reads
 * and writes operands at their own width, merges partial register writes, computes effective
 * addresses.
 */
final class Step<V> {

  final Instruction instruction;
  final long nextIp;
  final Cpu<V> cpu;
  final Algebra<V> algebra;

  Step(Instruction instruction, long nextIp, Cpu<V> cpu) {
    this.instruction = instruction;
    this.nextIp = nextIp;
    this.cpu = cpu;
    this.algebra = cpu.algebra();
  }

  // ---- where control goes

  Flow<V> next() {
    return new Flow.Next<>();
  }

  /** The machine around the core decides; nothing was changed. */
  Flow<V> delegated() {
    return new Flow.Delegated<>(instruction.mnemonic());
  }

  // ---- constants

  V constant(int width, long value) {
    return algebra.constant(width, value);
  }

  V zero(int width) {
    return constant(width, 0);
  }

  V truth(boolean value) {
    return constant(1, value ? 1 : 0);
  }

  // ---- operands

  int operandSize() {
    return instruction.operandSize();
  }

  int operandCount() {
    return instruction.operands().size();
  }

  Operand operand(int index) {
    return instruction.operands().get(index);
  }

  boolean isMemory(int index) {
    return operand(index) instanceof Operand.Memory;
  }

  /** The memory operand at {@code index}. */
  Operand.Memory memory(int index) {
    return (Operand.Memory) operand(index);
  }

  /** The value of an operand, at its own width. */
  V read(int index) {
    return read(operand(index));
  }

  V read(Operand operand) {
    return switch (operand) {
      case Operand.Register r -> register(r);
      case Operand.SegmentRegister s -> fit(cpu.selector(s.segment()), s.width());
      case Operand.Memory m -> cpu.load(m.segment(), address(m), m.width() / 8);
      case Operand.Immediate i -> constant(i.width(), i.value());
      case Operand.Relative r -> throw notAValue(r);
      case Operand.ControlRegister c -> throw notAValue(c);
      case Operand.DebugRegister d -> throw notAValue(d);
    };
  }

  void write(int index, V value) {
    switch (operand(index)) {
      case Operand.Register r -> setRegister(r, value);
      case Operand.Memory m -> cpu.store(m.segment(), address(m), value);
      case Operand.SegmentRegister s -> throw notAValue(s);
      case Operand.ControlRegister c -> throw notAValue(c);
      case Operand.DebugRegister d -> throw notAValue(d);
      case Operand.Immediate i -> throw notAValue(i);
      case Operand.Relative r -> throw notAValue(r);
    }
  }

  private static IllegalStateException notAValue(Operand operand) {
    return new IllegalStateException("the core neither reads nor writes " + operand);
  }

  // ---- registers

  private V register(Operand.Register r) {
    V all = cpu.gpr(r.gpr());
    return r.high() ? algebra.extract(all, 15, 8) : fit(all, r.width());
  }

  /**
   * SDM vol. 1 §3.4.1.1: 32-bit results are zero-extended, 8- and 16-bit ones leave the rest. The
   * same outside 64-bit mode, where the upper halves cannot be seen and nothing here leads back.
   */
  private void setRegister(Operand.Register r, V value) {
    if (r.high()) {
      V old = cpu.gpr(r.gpr());
      V upper = algebra.concat(algebra.extract(old, 63, 16), value);
      cpu.setGpr(r.gpr(), algebra.concat(upper, algebra.extract(old, 7, 0)));
    } else {
      setRegister(r.gpr(), value);
    }
  }

  /** The low {@code width} bits of a register. */
  V register(Gpr gpr, int width) {
    return fit(cpu.gpr(gpr), width);
  }

  /** Writes the low part of a register, as wide as {@code value}. */
  void setRegister(Gpr gpr, V value) {
    cpu.setGpr(gpr, merge(cpu.gpr(gpr), value));
  }

  /** The 64 bits a register holds after its low part was written. */
  V merge(V old, V value) {
    int width = algebra.width(value);
    return width >= 32
        ? algebra.zeroExtend(value, 64)
        : algebra.concat(algebra.extract(old, 63, width), value);
  }

  /** Truncates or zero-extends. */
  V fit(V value, int width) {
    int have = algebra.width(value);
    return have == width
        ? value
        : have > width ? algebra.extract(value, width - 1, 0) : algebra.zeroExtend(value, width);
  }

  // ---- addresses

  /** The effective address, wrapped at the address size and zero-extended to 64 bits. */
  V address(Operand.Memory m) {
    int width = m.addressSize();
    long displacement = m.displacement() + (m.ripRelative() ? nextIp : 0);
    List<V> parts = new ArrayList<>(3);
    m.base().ifPresent(base -> parts.add(register(base, width)));
    m.index()
        .ifPresent(index -> {
          V value = register(index, width);
          V shift = constant(width, Integer.numberOfTrailingZeros(m.scale()));
          parts.add(m.scale() == 1 ? value : algebra.shl(value, shift));
        });
    if (displacement != 0 || parts.isEmpty()) {
      parts.add(constant(width, displacement));
    }
    V sum = parts.getFirst();
    for (V part : parts.subList(1, parts.size())) {
      sum = algebra.add(sum, part);
    }
    return algebra.zeroExtend(sum, 64);
  }

  /** {@code address + displacement}, wrapped at the address size of {@code m}. */
  V address(Operand.Memory m, V displacement) {
    V sum = algebra.add(address(m), displacement);
    return algebra.zeroExtend(fit(sum, m.addressSize()), 64);
  }

  /** A branch target, wrapped at the width of the instruction pointer. */
  long target(Operand.Relative r) {
    long target = nextIp + r.displacement();
    return r.width() >= 64 ? target : target & ((1L << r.width()) - 1);
  }

  // ---- bits and flags

  V bit(V value, int index) {
    return algebra.extract(value, index, index);
  }

  /** The sign bit. */
  V sign(V value) {
    return bit(value, algebra.width(value) - 1);
  }

  V isZero(V value) {
    return algebra.eq(value, zero(algebra.width(value)));
  }

  V flag(Flag flag) {
    return cpu.flag(flag);
  }

  void set(Flag flag, V bit) {
    cpu.setFlag(flag, bit);
  }

  void set(Flag flag, boolean bit) {
    cpu.setFlag(flag, truth(bit));
  }
}
