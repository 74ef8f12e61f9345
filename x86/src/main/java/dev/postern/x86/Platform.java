package dev.postern.x86;

/**
 * A {@link Cpu} together with what stands around the core: system registers, the clock, and the
 * hypervisor that takes some instructions for itself.
 */
public interface Platform<V> extends Cpu<V> {

  /** What the hypervisor does with system instructions of the guest (SDM vol. 3 §25.6). */
  enum Restraint {
    /** LGDT, LIDT, LLDT, LTR, SGDT, SIDT, SLDT and STR exit. */
    DESCRIPTOR_TABLES_EXIT,
    /**
     * Writes to CR0 and CR4 change nothing that matters to linear addresses, modes or extensions
     * that the machine does without: those bits are the host's, and writing them exits.
     */
    CONTROL_REGISTERS_PINNED,
    /** MOV to CR3 exits. */
    CR3_LOAD_EXITS,
    /** MOV to and from debug registers exits. */
    MOV_DR_EXITS
  }

  boolean holds(Restraint restraint);

  /**
   * A value that comes from outside the program: the time, a model-specific register, a bit of a
   * control register that is not pinned. Any value at all, and no part of anybody's memory.
   */
  V outside(int width);
}
