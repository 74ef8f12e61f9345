package dev.postern.x86;

/** What each instruction does, written once over any {@link Algebra}. */
public final class Semantics {

  private Semantics() {}

  /**
   * Runs one instruction (one that is not under a repeat prefix, or says {@link Flow.Repeats}).
   *
   * @param nextIp linear offset of the following instruction, truncated to the mode's width
   */
  public static <V> Flow<V> step(Instruction instruction, long nextIp, Cpu<V> cpu) {
    return new Flow.Delegated<>(instruction.mnemonic());
  }

  /**
   * One iteration of a repeated string instruction, count register included; the caller has
   * established that the count is not zero.
   *
   * @return one bit: whether REPE/REPNE lets the repetition go on (constant 1 for REP)
   */
  public static <V> V iterate(Instruction instruction, Cpu<V> cpu) {
    return cpu.algebra().constant(1, 1);
  }
}
