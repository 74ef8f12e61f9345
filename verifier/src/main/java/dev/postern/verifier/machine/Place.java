package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;

/** Where a state keeps a value that a loop may change. */
sealed interface Place {

  record Register(Gpr gpr) implements Place {}

  record Bit(Flag flag) implements Place {}

  /** Private memory, at a linear address. */
  record Cell(long la, int bytes) implements Place {}

  default Term in(TermAlgebra algebra, State state) {
    return switch (this) {
      case Register(Gpr gpr) -> state.gpr(gpr);
      case Bit(Flag flag) -> state.flag(flag);
      case Cell(long la, int bytes) -> state.memory().load(algebra, la, bytes);
    };
  }

  default void set(TermAlgebra algebra, State state, Term value) {
    switch (this) {
      case Register(Gpr gpr) -> state.set(gpr, value);
      case Bit(Flag flag) -> state.set(flag, value);
      case Cell(long la, int bytes) -> state.memory().store(algebra, la, value);
    }
  }
}
