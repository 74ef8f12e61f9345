package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Instruction;
import dev.postern.x86.Operand;
import dev.postern.x86.Segment;
import dev.postern.x86.Semantics;

/**
 * A repeated string instruction, as one step. A short, known number of elements is run element by
 * element, so that private memory stays exact; any other is summarised: what it may touch becomes
 * one access of {@code count} elements, registers advance by it, and what it loads is unknown.
 */
final class Repetition {

  /** Elements that are run one by one. */
  private static final long EXACT = 64;

  private static final Event.Written READ = new Event.Written.Nothing();

  private final Explorer explorer;
  private final TermAlgebra algebra;
  private final SymbolicCpu cpu;
  private final State state;

  Repetition(Explorer explorer, SymbolicCpu cpu, State state) {
    this.explorer = explorer;
    this.algebra = explorer.algebra();
    this.cpu = cpu;
    this.state = state;
  }

  void run(Instruction instruction) {
    boolean wide = instruction.addressSize() == 64;
    Term count = state.gpr(Gpr.RCX);
    if (wide && count instanceof Term.Constant && exactly(instruction, count)) {
      return;
    }
    if (!wide) {
      shortAddresses(instruction);
      explorer.emit(
          new Event.Unmodelled(cpu.before(), "a repeated string instruction with short addresses"));
      throw new Explorer.PathEnds();
    }
    summarise(instruction, count);
  }

  /** The first element's accesses, with 16- or 32-bit addresses; the path ends behind them. */
  private void shortAddresses(Instruction instruction) {
    int width = instruction.addressSize();
    int bytes = instruction.operandSize() / 8;
    Term one = algebra.constant(64, 1);
    Term source = algebra.zeroExtend(algebra.extract(state.gpr(Gpr.RSI), width - 1, 0), 64);
    Term target = algebra.zeroExtend(algebra.extract(state.gpr(Gpr.RDI), width - 1, 0), 64);
    state.assume(
        algebra.not(
            algebra.eq(
                algebra.extract(state.gpr(Gpr.RCX), width - 1, 0), algebra.constant(width, 0))));
    switch (instruction.mnemonic()) {
      case MOVS -> {
        cpu.repeated(READ, sourceSegment(instruction), source, bytes, one);
        cpu.repeated(copied(sourceSegment(instruction)), Segment.ES, target, bytes, one);
      }
      case CMPS -> {
        cpu.repeated(READ, sourceSegment(instruction), source, bytes, one);
        cpu.repeated(READ, Segment.ES, target, bytes, one);
      }
      case LODS -> cpu.repeated(READ, sourceSegment(instruction), source, bytes, one);
      case STOS -> cpu.repeated(set(bytes), Segment.ES, target, bytes, one);
      default -> cpu.repeated(READ, Segment.ES, target, bytes, one);
    }
  }

  private boolean exactly(Instruction instruction, Term count) {
    long left = SymbolicCpu.constant(count);
    boolean moves =
        switch (instruction.mnemonic()) {
          case MOVS, STOS, LODS -> true;
          default -> false;
        };
    boolean upwards = state.flag(Flag.DF).isFalse();
    if (!moves || !upwards || Long.compareUnsigned(left, EXACT) > 0) {
      return false;
    }
    for (long i = 0; i < left; i++) {
      Semantics.iterate(instruction, cpu);
    }
    return true;
  }

  private void summarise(Instruction instruction, Term count) {
    int bytes = instruction.operandSize() / 8;
    Segment source = sourceSegment(instruction);
    boolean compares = false;
    switch (instruction.mnemonic()) {
      case MOVS -> {
        cpu.repeated(READ, source, state.gpr(Gpr.RSI), bytes, count);
        cpu.repeated(copied(source), Segment.ES, state.gpr(Gpr.RDI), bytes, count);
        advance(Gpr.RSI, count, bytes);
        advance(Gpr.RDI, count, bytes);
      }
      case STOS -> {
        cpu.repeated(set(bytes), Segment.ES, state.gpr(Gpr.RDI), bytes, count);
        advance(Gpr.RDI, count, bytes);
      }
      case LODS -> {
        cpu.repeated(READ, source, state.gpr(Gpr.RSI), bytes, count);
        advance(Gpr.RSI, count, bytes);
        state.set(Gpr.RAX, explorer.fresh("load", 64));
      }
      case CMPS -> {
        cpu.repeated(READ, source, state.gpr(Gpr.RSI), bytes, count);
        cpu.repeated(READ, Segment.ES, state.gpr(Gpr.RDI), bytes, count);
        compares = true;
      }
      case SCAS -> {
        cpu.repeated(READ, Segment.ES, state.gpr(Gpr.RDI), bytes, count);
        compares = true;
      }
      default -> {
        explorer.emit(new Event.Unmodelled(cpu.before(), "repeated " + instruction.mnemonic()));
        throw new Explorer.PathEnds();
      }
    }
    if (compares) {
      unknownRest(instruction);
    } else {
      state.set(Gpr.RCX, algebra.constant(64, 0));
    }
  }

  /** How far a comparison ran depends on memory: count, pointers and flags become unknown. */
  private void unknownRest(Instruction instruction) {
    state.set(Gpr.RCX, explorer.fresh("load", 64));
    state.set(Gpr.RDI, explorer.fresh("load", 64));
    switch (instruction.mnemonic()) {
      case CMPS -> state.set(Gpr.RSI, explorer.fresh("load", 64));
      default -> {}
    }
    for (Flag flag : new Flag[] {Flag.CF, Flag.PF, Flag.AF, Flag.ZF, Flag.SF, Flag.OF}) {
      state.set(flag, explorer.fresh("load", 1));
    }
  }

  private void advance(Gpr pointer, Term count, int bytes) {
    Term distance = algebra.mul(count, algebra.constant(64, bytes));
    Term at = state.gpr(pointer);
    state.set(
        pointer,
        algebra.ite(state.flag(Flag.DF), algebra.sub(at, distance), algebra.add(at, distance)));
  }

  private Event.Written copied(Segment segment) {
    return new Event.Written.Copy(cpu.linear(segment, state.gpr(Gpr.RSI)));
  }

  private Event.Written set(int bytes) {
    return new Event.Written.Value(algebra.extract(state.gpr(Gpr.RAX), 8 * bytes - 1, 0));
  }

  private static Segment sourceSegment(Instruction instruction) {
    for (Operand operand : instruction.operands()) {
      if (operand instanceof Operand.Memory memory && memory.segment() != Segment.ES) {
        return memory.segment();
      }
    }
    return Segment.DS;
  }
}
