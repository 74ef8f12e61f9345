package dev.postern.verifier.concrete;

import java.util.Locale;

/**
 * What a run's surroundings do where the processor leaves them a choice. Each is one behaviour that
 * a stock system has, so that a run under it happens; what is proved holds under all of them.
 */
public enum Circumstance {
  /**
   * The hypervisor does not know the number of a VMCALL and resumes behind it, as KVM does
   * (kvm_emulate_hypercall): RAX is -KVM_ENOSYS (-1000), above CPL 0 -KVM_EPERM (-1), cut to 32
   * bits outside 64-bit mode. Nothing else changes.
   */
  HYPERCALLS_RETURN,
  /**
   * The guest has set CR4.OSXMMEXCPT, has unmasked every exception in MXCSR (SDM vol. 1 §11.5), and
   * each of its XMM and MMX registers is 7FF40001_7FA00001, repeated: a signalling NaN in single
   * and in double precision, and an integer of 31 bits that single precision cannot hold.
   */
  SSE_UNMASKED;

  /** As a counterexample names it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Reads {@link #toString} back.
   *
   * @throws IllegalArgumentException if there is no such circumstance
   */
  static Circumstance parse(String name) {
    for (Circumstance each : values()) {
      if (each.toString().equals(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException("no circumstance " + name);
  }
}
