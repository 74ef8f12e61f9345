package dev.postern.x86;

import java.util.List;
import java.util.Optional;

/**
 * What a {@link Decoded.Foreign} instruction does: it may fault, and it reads or writes its memory
 * operand. What is read goes where nothing here looks again; what is written is any value.
 */
public final class ForeignSemantics {

  /** Bytes of an XSAVE area before its header (SDM vol. 1 §13.4.2). */
  public static final int XSAVE_HEADER = 512;

  private ForeignSemantics() {}

  /** The offset of its memory operand in the operand's segment. */
  public static <V> V address(
      Decoded.Foreign foreign, Mode mode, long nextIp, Platform<V> platform) {
    return new Step<>(asNop(foreign, mode), nextIp, platform)
        .address(foreign.memory().orElseThrow());
  }

  /**
   * Runs one instruction; of those that leave {@link Decoded.Leaves#MORE}, the caller must not go
   * on behind it, and must make the access itself.
   *
   * @param nextIp linear offset of the following instruction
   */
  public static <V> void step(
      Decoded.Foreign foreign, Mode mode, long nextIp, Platform<V> platform) {
    Step<V> s = new Step<>(asNop(foreign, mode), nextIp, platform);
    SystemSemantics.vectorStateMayBeOff(platform);
    SystemSemantics.mayRaise(platform, ExceptionVector.MF);
    if (foreign.computes() != Decoded.Arithmetic.NONE) {
      SystemSemantics.mayRaise(platform, ExceptionVector.XM);
    }
    foreign.memory().ifPresent(operand -> access(s, foreign, operand, platform));
    switch (foreign.leaves()) {
      case NOTHING, MORE -> {}
      case REGISTER -> {
        Operand.Register register = foreign.register().orElseThrow();
        s.setRegister(register.gpr(), platform.outside(register.width()));
      }
      case FLAGS -> {
        // Written so that the outside's zeros are the answer "unordered", which a NaN gives.
        for (Flag flag : List.of(Flag.ZF, Flag.PF, Flag.CF)) {
          s.set(flag, s.algebra.not(platform.outside(1)));
        }
        for (Flag flag : List.of(Flag.OF, Flag.SF, Flag.AF)) {
          s.set(flag, false);
        }
      }
    }
  }

  private static <V> void access(
      Step<V> s, Decoded.Foreign foreign, Operand.Memory operand, Platform<V> platform) {
    if (foreign.aligned()) {
      V linear = s.algebra.add(platform.segmentBase(operand.segment()), s.address(operand));
      platform.raiseIf(
          s.algebra.not(s.isZero(s.algebra.extract(linear, 3, 0))), ExceptionVector.GP);
    }
    int bytes = operand.width() / 8;
    for (int done = 0; done < bytes; ) {
      int part = Math.min(16, Integer.highestOneBit(bytes - done));
      V at = s.address(operand, s.constant(64, done));
      switch (foreign.effect()) {
        case READS -> platform.load(operand.segment(), at, part);
        case WRITES -> platform.store(operand.segment(), at, platform.outside(8 * part));
      }
      done += part;
    }
  }

  /** To the registers that are modelled it is a NOP with an operand. */
  private static Instruction asNop(Decoded.Foreign foreign, Mode mode) {
    List<Operand> operands = foreign.memory().<List<Operand>>map(List::of).orElse(List.of());
    int addressSize = foreign.memory().map(Operand.Memory::addressSize).orElse(mode.bits());
    return new Instruction(
        Mnemonic.NOP,
        Optional.empty(),
        mode,
        foreign.length(),
        mode.bits(),
        addressSize,
        Repeat.NONE,
        false,
        operands);
  }
}
