package dev.postern.verifier.machine;

import dev.postern.model.Mapping;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Mnemonic;
import java.util.Optional;

/** Something a path does. {@code state} is the state before the instruction. */
public sealed interface Event {

  State state();

  /**
   * A data access.
   *
   * @param address linear address of the first element, 64 bits
   * @param bytes size of an element, 1..16
   * @param count elements, 64 bits: the constant 1 but for repeated string instructions
   * @param descending whether a repeated access runs downwards (one bit)
   * @param known the mapping, where the address is constant and the access lies within one
   * @param loaded the variable that stands for what was loaded, where it is one
   * @param written what a write puts into every element
   */
  record Access(
      State state,
      boolean write,
      Term address,
      int bytes,
      Term count,
      Term descending,
      Optional<Mapping> known,
      Optional<Term> loaded,
      Written written)
      implements Event {}

  /** What a write puts there. */
  sealed interface Written {

    /** Nothing: a read. */
    record Nothing() implements Written {}

    /** The same value in each element. */
    record Value(Term value) implements Written {}

    /** What stands at {@code from}, element by element in the write's own direction. */
    record Copy(Term from) implements Written {}
  }

  /** A data access under an open lock: the attacker's tables lead {@code address} to any page. */
  record AccessAnywhere(State state, boolean write, Term address, int bytes) implements Event {}

  /** A constant access that EPT refuses: the path ends in an EPT violation. */
  record Faults(State state, boolean write, long la) implements Event {}

  /** A branch to a computed target that is not one of finitely many known ones. */
  record Indirect(State state, Term target) implements Event {}

  /**
   * A computed branch, taken on a prediction that the guest may have prepared: a jump or call
   * through a register or memory, or a return that no call of the same code stands behind.
   */
  record Predicted(State state, Mnemonic mnemonic) implements Event {}

  /** A far transfer, IRET, SYSCALL, INT n: control through tables the guest may own. */
  record Transfers(State state, Mnemonic mnemonic) implements Event {}

  /** An exception, where {@code condition} (one bit) holds. */
  record Raises(State state, ExceptionVector vector, Term condition) implements Event {}

  /** An instruction that exits unconditionally; the hypervisor does not resume it. */
  record Exits(State state, Mnemonic mnemonic) implements Event {}

  /** VMCALL and a branch back to it. */
  record Trapped(State state) implements Event {}

  /** VMFUNC; {@code end} is the linear address behind it. */
  record Vmfunc(State state, long end) implements Event {}

  /** A stop point the caller named was reached. */
  record Reached(State state) implements Event {}

  /** The next instruction cannot be fetched: the path ends in an EPT violation. */
  record LeavesCode(State state) implements Event {}

  /** Under an open lock: control leaves the page, for a place that is a landing of its own. */
  record LeavesPage(State state) implements Event {}

  /**
   * An instruction follows whose effect is known only as far as a landing needs it: registers that
   * are not modelled may change, and values it takes from outside are any at all.
   *
   * @param hides whether what it loads goes into registers that are not modelled
   */
  record Approximated(State state, String what, boolean hides) implements Event {}

  /** An encoding that the SDM reserves: what a processor does there no manual says. */
  record Reserved(State state, String what) implements Event {}

  /** The path was cut. */
  record Unmodelled(State state, String what) implements Event {}
}
