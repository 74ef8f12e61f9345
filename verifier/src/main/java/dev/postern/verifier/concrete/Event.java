package dev.postern.verifier.concrete;

import dev.postern.model.Mapping;
import dev.postern.x86.Mnemonic;

/** What a step did that the two theorems speak of. */
public sealed interface Event {

  /** An instruction begins at {@code la} in {@code view}, in {@code mapping}. */
  record Begins(int view, long la, Mapping mapping) implements Event {}

  /** A data access of one byte or more within one page. */
  record Touches(int view, long la, long gpa, Mapping mapping, AccessKind kind, int bytes)
      implements Event {}

  /** VMFUNC switched views; {@code end} is the linear address behind it. */
  record Switches(int from, int to, long end) implements Event {}

  /** A branch to a computed target, by JMP, CALL or RET. */
  record BranchesIndirectly(int view, long target, Mnemonic mnemonic) implements Event {}

  /** CALL, to a computed target or not. */
  record Calls(int view) implements Event {}

  /** A conditional branch: what follows may be a misprediction until a fence. */
  record Predicts(int view) implements Event {}

  /** LFENCE. */
  record Fences(int view) implements Event {}

  /** A far transfer, IRET, SYSCALL, INT n: control through tables the guest may own. */
  record Transfers(int view, Mnemonic mnemonic) implements Event {}
}
