package dev.postern.verifier.machine;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.access.HeldControls;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Algebra;
import dev.postern.x86.Bits;
import dev.postern.x86.Decoded;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Flag;
import dev.postern.x86.ForeignSemantics;
import dev.postern.x86.Gpr;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mnemonic;
import dev.postern.x86.Mode;
import dev.postern.x86.Operand;
import dev.postern.x86.Platform;
import dev.postern.x86.Segment;
import dev.postern.x86.SystemSemantics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The processor in one symbolic state, for one instruction at a time. */
final class SymbolicCpu implements Platform<Term> {

  private final Explorer explorer;
  private final TermAlgebra algebra;
  private final AddressSpace space;
  private final State state;
  private final State before;
  private int undefinedWithoutInputs;

  /** {@code state} is changed; events carry {@code before}, a copy that is not. */
  SymbolicCpu(Explorer explorer, State state) {
    this.explorer = explorer;
    this.algebra = explorer.algebra();
    this.space = explorer.space();
    this.state = state;
    this.before = state.copy();
  }

  State before() {
    return before;
  }

  @Override
  public Algebra<Term> algebra() {
    return algebra;
  }

  @Override
  public Term gpr(Gpr register) {
    return state.gpr(register);
  }

  @Override
  public void setGpr(Gpr register, Term value) {
    state.set(register, value);
  }

  @Override
  public Term flag(Flag flag) {
    return state.flag(flag);
  }

  @Override
  public void setFlag(Flag flag, Term bit) {
    state.set(flag, bit);
  }

  @Override
  public Term undefined(int width, List<Term> inputs) {
    if (Terms.variables(inputs).isEmpty()) {
      // What depends on nothing is the same each time the instruction is executed (S-15).
      String name = "undefined." + Long.toHexString(before.la()) + "." + ++undefinedWithoutInputs;
      return algebra.variable(name, width);
    }
    return explorer.undefined(width, inputs);
  }

  @Override
  public Term selector(Segment segment) {
    return state.selector(segment);
  }

  @Override
  public Term segmentBase(Segment segment) {
    return state.base(segment);
  }

  @Override
  public void raiseIf(Term condition, ExceptionVector vector) {
    if (!condition.isFalse()) {
      explorer.emit(new Event.Raises(before, vector, condition));
      if (condition.isTrue()) {
        throw new Explorer.PathEnds();
      }
      state.assume(algebra.not(condition));
    }
  }

  @Override
  public boolean holds(Platform.Restraint restraint) {
    return HeldControls.holds(space.vm().controls(), restraint);
  }

  @Override
  public Term outside(int width) {
    return explorer.fresh("host", width);
  }

  /** The linear address: base plus offset, truncated to 32 bits outside 64-bit mode. */
  Term linear(Segment segment, Term offset) {
    Term sum = algebra.add(state.base(segment), offset);
    return state.mode() == Mode.BITS64 ? sum : algebra.zeroExtend(algebra.extract(sum, 31, 0), 64);
  }

  @Override
  public Term load(Segment segment, Term offset, int bytes) {
    Term address = linear(segment, offset);
    if (space.open()) {
      explorer.emit(new Event.AccessAnywhere(before, false, address, bytes));
      return explorer.fresh("load", 8 * bytes);
    }
    Optional<Mapping> known = known(address, bytes, false);
    Term value =
        known.isPresent()
            ? exact(known.get(), constant(address), bytes)
            : Places.of(explorer, state, address, bytes, false)
                .map(places -> choice(places, address, bytes))
                .orElseGet(() -> unknown(bytes));
    Optional<Term> variable = value instanceof Term.Variable v ? Optional.of(v) : Optional.empty();
    explorer.emit(
        access(
            address, bytes, algebra.constant(64, 1), known, variable, new Event.Written.Nothing()));
    return value;
  }

  private Term unknown(int bytes) {
    return explorer.fresh("load", 8 * bytes);
  }

  /** What stands at whichever of the places the address is. */
  private Term choice(Places places, Term address, int bytes) {
    List<Long> all = places.addresses();
    Term value = exact(places.mapping(), all.getLast(), bytes);
    for (long la : all.subList(0, all.size() - 1).reversed()) {
      Term here = algebra.eq(address, algebra.constant(64, la));
      value = algebra.ite(here, exact(places.mapping(), la, bytes), value);
    }
    return value;
  }

  private Term exact(Mapping mapping, long la, int bytes) {
    if (mapping.role() == Role.PRIVATE) {
      return state.memory().load(algebra, la, bytes);
    }
    if (AddressSpace.shared(mapping) || mapping.image().isEmpty()) {
      return unknown(bytes);
    }
    int start = (int) (la - mapping.la().value());
    Term value = byteAt(mapping, start);
    for (int i = 1; i < bytes; i++) {
      value = algebra.concat(byteAt(mapping, start + i), value);
    }
    return value;
  }

  private Term byteAt(Mapping mapping, int offset) {
    return algebra.constant(8, mapping.image().orElseThrow().bytes().at(offset));
  }

  @Override
  public void store(Segment segment, Term offset, Term value) {
    Term address = linear(segment, offset);
    int bytes = value.width() / 8;
    if (space.open()) {
      explorer.emit(new Event.AccessAnywhere(before, true, address, bytes));
      return;
    }
    Optional<Mapping> known = known(address, bytes, true);
    explorer.emit(
        access(
            address,
            bytes,
            algebra.constant(64, 1),
            known,
            Optional.empty(),
            new Event.Written.Value(value)));
    if (known.isEmpty() && !(address instanceof Term.Constant)) {
      Optional<Places> places = Places.of(explorer, state, address, bytes, true);
      places.ifPresent(found -> storeAt(found, address, value));
      if (places.isEmpty()) {
        forgetIfPrivate(address, algebra.constant(64, bytes));
      }
    } else if (known.isEmpty()) {
      forgetIfPrivate(address, algebra.constant(64, bytes));
    } else if (known.get().role() == Role.PRIVATE) {
      state.memory().store(algebra, constant(address), value);
    }
  }

  /** Each place keeps what it has, but for the one that is written. */
  private void storeAt(Places places, Term address, Term value) {
    PrivateMemory memory = state.memory();
    for (long la : places.addresses()) {
      Term old = memory.load(algebra, la, value.width() / 8);
      Term here = algebra.eq(address, algebra.constant(64, la));
      memory.store(algebra, la, algebra.ite(here, value, old));
    }
  }

  /**
   * A repeated move or store of {@code count} elements (MOVS, STOS) or, where nothing is written,
   * load (MOVS, LODS, CMPS, SCAS).
   */
  void repeated(Event.Written written, Segment segment, Term offset, int bytes, Term count) {
    Term address = linear(segment, offset);
    boolean write = !(written instanceof Event.Written.Nothing);
    if (space.open()) {
      explorer.emit(new Event.AccessAnywhere(before, write, address, bytes));
      return;
    }
    explorer.emit(access(address, bytes, count, Optional.empty(), Optional.empty(), written));
    if (write) {
      Term span = algebra.mul(count, algebra.constant(64, bytes));
      Term descending = algebra.eq(state.flag(Flag.DF), algebra.constant(1, 1));
      boolean spans =
          descending.isFalse()
              && explorer.excluded(
                  state.condition(), algebra.ult(algebra.constant(64, 1L << 40), count));
      if (spans) {
        forgetIfPrivate(address, span);
      } else {
        state.memory().forget(explorer.freshId());
      }
    }
  }

  /**
   * Back from a VMCALL, with any registers. Which values come is written so that a model can be
   * asked for one that a run shows, by {@link State#asTheMachineChooses}; since what comes
   * otherwise is any value, and so is the choice, this is any value.
   */
  void resumes() {
    Term plainly = explorer.fresh(State.RESUMED, 1);
    Term answer = SystemSemantics.unknownHypercall(state.mode(), this);
    for (Gpr gpr : Gpr.values()) {
      Term kept = gpr == Gpr.RAX ? answer : state.gpr(gpr);
      state.set(
          gpr,
          algebra.ite(
              algebra.eq(plainly, algebra.constant(1, 1)), kept, explorer.fresh("host", 64)));
    }
  }

  /**
   * The first access of a stack instruction outside 64-bit mode, with the stack pointer as wide as
   * the mode: one of the widths the attacker's SS descriptor may choose; and in 64-bit mode of
   * segment registers. The path must not go on behind it.
   */
  void shortStack(Instruction instruction) {
    int bytes = Math.max(2, instruction.operandSize() / 8);
    int width = state.mode().bits();
    boolean reads =
        switch (instruction.mnemonic()) {
          case POP, POPA, POPF, LEAVE, RET -> true;
          default -> false;
        };
    Gpr pointer = instruction.mnemonic() == Mnemonic.LEAVE ? Gpr.RBP : Gpr.RSP;
    Term top = algebra.extract(state.gpr(pointer), width - 1, 0);
    Term at = reads ? top : algebra.sub(top, algebra.constant(width, bytes));
    Term address = linear(Segment.SS, algebra.zeroExtend(at, 64));
    if (space.open()) {
      explorer.emit(new Event.AccessAnywhere(before, !reads, address, bytes));
    } else {
      explorer.emit(
          access(
              address,
              bytes,
              algebra.constant(64, 1),
              Optional.empty(),
              Optional.empty(),
              reads
                  ? new Event.Written.Nothing()
                  : new Event.Written.Value(explorer.fresh("load", 8 * bytes))));
    }
  }

  /**
   * The access of XSAVE and its family, of all bytes up to the header's end, as a possible attack;
   * it may be of fewer or of more, so the path must not go on behind it.
   */
  void area(Decoded.Foreign foreign, long nextIp) {
    Operand.Memory area = foreign.memory().orElseThrow();
    Term address =
        linear(area.segment(), ForeignSemantics.address(foreign, state.mode(), nextIp, this));
    int bytes = area.width() / 8;
    boolean writes = foreign.effect() == Decoded.Effect.WRITES;
    State aligned = before.copy();
    aligned.assume(algebra.eq(algebra.extract(address, 5, 0), algebra.constant(6, 0)));
    Term once = algebra.constant(64, 1);
    explorer.emit(
        space.open()
            ? new Event.AccessAnywhere(aligned, writes, address, bytes)
            : new Event.Access(
                aligned,
                writes,
                address,
                bytes,
                once,
                algebra.constant(1, 0),
                Optional.empty(),
                Optional.empty(),
                writes
                    ? new Event.Written.Value(explorer.fresh("load", 64))
                    : new Event.Written.Nothing()));
  }

  /**
   * A store at an unknown address may have hit private memory; unless it is excluded that it did,
   * nothing is known of that any more. Code pages are not written: EPT refuses (rule
   * frames-write-xor-execute).
   */
  private void forgetIfPrivate(Term address, Term span) {
    for (Mapping mapping : space.mappings()) {
      if (mapping.role() == Role.PRIVATE) {
        Term start = algebra.constant(64, mapping.la().value());
        Term inside =
            algebra.ult(algebra.sub(address, start), algebra.constant(64, mapping.size()));
        Term around = algebra.ult(algebra.sub(start, address), span);
        if (!explorer.excluded(state.condition(), algebra.or(inside, around))) {
          state.memory().forget(explorer.freshId());
          return;
        }
      }
    }
  }

  private Event.Access access(
      Term address,
      int bytes,
      Term count,
      Optional<Mapping> known,
      Optional<Term> loaded,
      Event.Written written) {
    boolean write = !(written instanceof Event.Written.Nothing);
    Term descending = count.isConstant(1) ? algebra.constant(1, 0) : state.flag(Flag.DF);
    return new Event.Access(
        before, write, address, bytes, count, descending, known, loaded, written);
  }

  /**
   * The mapping of a constant access that lies within one; a constant access to nothing, or without
   * permission, ends the path. Across two mappings the access counts as unknown.
   */
  private Optional<Mapping> known(Term address, int bytes, boolean write) {
    if (!(address instanceof Term.Constant)) {
      return Optional.empty();
    }
    long la = constant(address);
    Optional<Mapping> first = space.at(la);
    Optional<Mapping> last = space.at(la + bytes - 1);
    boolean reaches =
        first.filter(m -> permits(m, write)).isPresent()
            && last.filter(m -> permits(m, write)).isPresent();
    if (!reaches) {
      explorer.emit(new Event.Faults(before, write, la));
      throw new Explorer.PathEnds();
    }
    return first.equals(last) ? first : Optional.empty();
  }

  private static boolean permits(Mapping mapping, boolean write) {
    return write ? mapping.leaf().write() : mapping.leaf().read();
  }

  /** The bits of a term that is a constant. */
  static long constant(Term term) {
    if (term instanceof Term.Constant constant) {
      Bits value = constant.value();
      return value.low();
    }
    throw new IllegalArgumentException("not a constant: " + term);
  }

  /** Conditions of the path, then {@code more}. */
  static List<Term> with(PathCondition path, Term more) {
    List<Term> all = new ArrayList<>(path.conjuncts());
    all.add(more);
    return all;
  }
}
