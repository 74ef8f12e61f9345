package dev.postern.x86;

/** Where control goes after one instruction. */
public sealed interface Flow<V> {

  /** To the next instruction. */
  record Next<V>() implements Flow<V> {}

  /** To a target known from the bytes: direct JMP and CALL. */
  record Direct<V>(long target) implements Flow<V> {}

  /** To {@code target} if {@code condition} (one bit) is 1, else to the next instruction. */
  record Conditional<V>(V condition, long target) implements Flow<V> {}

  /** To a computed 64-bit target: indirect JMP and CALL, RET. */
  record Indirect<V>(V target) implements Flow<V> {}

  /** An exception for sure: INT3, UD2, INTO taken, INT1. */
  record Raises<V>(ExceptionVector vector) implements Flow<V> {}

  /**
   * A string instruction under a repeat prefix: the machine runs {@link Semantics#iterate} while
   * (E/R)CX is not zero, or summarises.
   */
  record Repeats<V>() implements Flow<V> {}

  /**
   * An instruction whose effect belongs to the machine around the core: VMFUNC, VMCALL and other
   * unconditional VM exits, privileged and system instructions, far transfers. Nothing was changed.
   */
  record Delegated<V>(Mnemonic mnemonic) implements Flow<V> {}

  /** A VM exit; the hypervisor does not resume the guest behind it as if nothing had been. */
  record Exits<V>(Mnemonic mnemonic) implements Flow<V> {}
}
