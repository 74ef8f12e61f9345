package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * One symbolic state: every register, flag and segment a term. Events carry copies; a state that an
 * event holds never changes again.
 */
public final class State {

  private final Mode mode;
  private final Term[] gprs;
  private final Term[] flags;
  private final Term[] selectors;
  private final Term[] bases;
  private PrivateMemory memory;
  private PathCondition condition;
  private long la;
  private long instructions;
  private boolean fenced;

  private State(
      Mode mode,
      Term[] gprs,
      Term[] flags,
      Term[] selectors,
      Term[] bases,
      PrivateMemory memory,
      PathCondition condition,
      long la,
      long instructions) {
    this.mode = mode;
    this.gprs = gprs;
    this.flags = flags;
    this.selectors = selectors;
    this.bases = bases;
    this.memory = memory;
    this.condition = condition;
    this.la = la;
    this.instructions = instructions;
  }

  /**
   * The state behind a VMFUNC that switched to EPTP-list index {@code index}: EAX is 0 and ECX the
   * index, because VMFUNC exits otherwise (SDM vol. 3 §25.5.5.3); all else is the attacker's.
   */
  public static State landing(TermAlgebra algebra, Mode mode, long la, int index) {
    Term[] gprs = new Term[Gpr.values().length];
    for (Gpr gpr : Gpr.values()) {
      gprs[gpr.ordinal()] =
          switch (gpr) {
            case RAX -> withLow(algebra, gpr, 0);
            case RCX -> withLow(algebra, gpr, index);
            default -> algebra.variable(name(gpr), 64);
          };
    }
    Term[] flags = new Term[Flag.values().length];
    for (Flag flag : Flag.values()) {
      flags[flag.ordinal()] = (algebra.variable("flag." + flag.name().toLowerCase(Locale.ROOT), 1));
    }
    Term[] selectors = new Term[Segment.values().length];
    Term[] bases = new Term[Segment.values().length];
    for (Segment segment : Segment.values()) {
      String name = segment.name().toLowerCase(Locale.ROOT);
      selectors[segment.ordinal()] = (algebra.variable(name, 16));
      boolean flat = mode == Mode.BITS64 && segment != Segment.FS && segment != Segment.GS;
      bases[segment.ordinal()] =
          (flat ? algebra.constant(64, 0) : algebra.variable(name + ".base", 64));
    }
    return new State(
        mode, gprs, flags, selectors, bases, new PrivateMemory(), PathCondition.TRUE, la, 0);
  }

  /**
   * Name of the variable that is a register's value at the start; RAX and RCX: of its upper half.
   */
  public static String name(Gpr gpr) {
    String lower = gpr.name().toLowerCase(Locale.ROOT);
    return gpr == Gpr.RAX || gpr == Gpr.RCX ? lower + ".high" : lower;
  }

  private static Term withLow(TermAlgebra algebra, Gpr gpr, int low) {
    return algebra.concat(algebra.variable(name(gpr), 32), algebra.constant(32, low));
  }

  State copy() {
    State copy =
        new State(
            mode,
            gprs.clone(),
            flags.clone(),
            selectors,
            bases,
            memory.copy(),
            condition,
            la,
            instructions);
    copy.fenced = fenced;
    return copy;
  }

  public Mode mode() {
    return mode;
  }

  public Term gpr(Gpr gpr) {
    return gprs[gpr.ordinal()];
  }

  void set(Gpr gpr, Term value) {
    gprs[gpr.ordinal()] = (value);
  }

  public Term flag(Flag flag) {
    return flags[flag.ordinal()];
  }

  void set(Flag flag, Term value) {
    flags[flag.ordinal()] = (value);
  }

  public Term selector(Segment segment) {
    return selectors[segment.ordinal()];
  }

  Term base(Segment segment) {
    return bases[segment.ordinal()];
  }

  PrivateMemory memory() {
    return memory;
  }

  public PathCondition condition() {
    return condition;
  }

  void assume(Term fact) {
    condition = condition.and(fact);
  }

  /** Linear address of the next instruction. */
  public long la() {
    return la;
  }

  void moveTo(long target) {
    la = target;
  }

  /** Instructions executed on the longest path here; each iteration of a repeat is one more. */
  public long instructions() {
    return instructions;
  }

  void count(long more) {
    instructions += more;
  }

  /**
   * Whether, on every path here, an LFENCE came after the last branch that could be mispredicted.
   */
  public boolean fenced() {
    return fenced;
  }

  void fence() {
    fenced = true;
  }

  void predict() {
    fenced = false;
  }

  /** Merges {@code other}, at the same instruction, into this. */
  void join(TermAlgebra algebra, State other, IntSupplier fresh) {
    PathCondition.Join join = PathCondition.join(algebra, condition, other.condition);
    Term guard = join.guard();
    condition = join.condition();
    for (int i = 0; i < gprs.length; i++) {
      gprs[i] = choose(algebra, guard, gprs[i], other.gprs[i]);
    }
    for (int i = 0; i < flags.length; i++) {
      flags[i] = choose(algebra, guard, flags[i], other.flags[i]);
    }
    memory = PrivateMemory.join(algebra, guard, memory, other.memory, fresh);
    instructions = Math.max(instructions, other.instructions);
    fenced &= other.fenced;
  }

  private static Term choose(TermAlgebra algebra, Term guard, Term one, Term other) {
    return one == other ? one : algebra.ite(guard, one, other);
  }
}
