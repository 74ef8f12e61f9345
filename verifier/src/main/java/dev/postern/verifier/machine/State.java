package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * One symbolic state: every register, flag and segment a term. Events carry copies; a state that an
 * event holds never changes again.
 */
public final class State {

  private final Mode mode;
  private final Map<Gpr, Term> gprs;
  private final Map<Flag, Term> flags;
  private final Map<Segment, Term> selectors;
  private final Map<Segment, Term> bases;
  private PrivateMemory memory;
  private PathCondition condition;
  private long la;
  private long instructions;
  private boolean fenced;
  private int calls;

  /** Heads of the loops whose every round this state stands for. */
  private Set<Long> rounds = Set.of();

  private State(
      Mode mode,
      Map<Gpr, Term> gprs,
      Map<Flag, Term> flags,
      Map<Segment, Term> selectors,
      Map<Segment, Term> bases,
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
    State state = anywhere(algebra, mode, la);
    state.set(Gpr.RAX, withLow(algebra, Gpr.RAX, 0));
    state.set(Gpr.RCX, withLow(algebra, Gpr.RCX, index));
    return state;
  }

  /** A state of which nothing is known: every register a variable of its own name. */
  public static State anywhere(TermAlgebra algebra, Mode mode, long la) {
    Map<Gpr, Term> gprs = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      gprs.put(gpr, algebra.variable(gpr.name().toLowerCase(Locale.ROOT), 64));
    }
    Map<Flag, Term> flags = new EnumMap<>(Flag.class);
    for (Flag flag : Flag.values()) {
      flags.put(flag, algebra.variable("flag." + flag.name().toLowerCase(Locale.ROOT), 1));
    }
    Map<Segment, Term> selectors = new EnumMap<>(Segment.class);
    Map<Segment, Term> bases = new EnumMap<>(Segment.class);
    for (Segment segment : Segment.values()) {
      String name = segment.name().toLowerCase(Locale.ROOT);
      selectors.put(segment, algebra.variable(name, 16));
      boolean flat = mode == Mode.BITS64 && segment != Segment.FS && segment != Segment.GS;
      bases.put(segment, flat ? algebra.constant(64, 0) : algebra.variable(name + ".base", 64));
    }
    return new State(
        mode, gprs, flags, selectors, bases, new PrivateMemory(), PathCondition.TRUE, la, 0);
  }

  /** Variables of this kind say that a hypervisor left the registers as they were. */
  static final String RESUMED = "resumed";

  /**
   * That what {@code terms} depend on came out as the concrete machine has it, which follows one of
   * many behaviours: every hypercall was unknown to the hypervisor, which left all registers but
   * RAX as they were, and what comes from outside, or is undefined, is zero.
   */
  public static Term asTheMachineChooses(TermAlgebra algebra, Collection<Term> terms) {
    Term all = algebra.constant(true);
    for (Term.Variable variable : Terms.variables(terms)) {
      String kind = variable.name().substring(0, Math.max(0, variable.name().indexOf('.')));
      boolean chosen = kind.equals(RESUMED) || kind.equals("host") || kind.equals("undefined");
      if (chosen) {
        Term value = algebra.constant(variable.width(), kind.equals(RESUMED) ? 1 : 0);
        all = algebra.and(all, algebra.eq(variable, value));
      }
    }
    return all;
  }

  /**
   * Name of the variable that is a register's value at a landing; RAX and RCX: of its upper half.
   */
  public static String name(Gpr gpr) {
    String lower = gpr.name().toLowerCase(Locale.ROOT);
    return gpr == Gpr.RAX || gpr == Gpr.RCX ? lower + ".high" : lower;
  }

  private static Term withLow(TermAlgebra algebra, Gpr gpr, int low) {
    return algebra.concat(algebra.variable(name(gpr), 32), algebra.constant(32, low));
  }

  /** Predictions that the return stack buffer of any processor holds. */
  private static final int RETURN_STACK = 16;

  /** A call: the processor will predict its return. */
  void call() {
    calls = Math.min(calls + 1, RETURN_STACK);
  }

  /** A return; whether a call on every path here predicts it. */
  boolean returns() {
    boolean predicted = calls > 0;
    calls = Math.max(0, calls - 1);
    return predicted;
  }

  int predictedCalls() {
    return calls;
  }

  /** From here on, the state stands for every round of the loop. */
  void enter(long head) {
    Set<Long> more = new HashSet<>(rounds);
    more.add(head);
    rounds = Set.copyOf(more);
  }

  /** The loop is left. */
  void leave(long head) {
    Set<Long> fewer = new HashSet<>(rounds);
    fewer.remove(head);
    rounds = Set.copyOf(fewer);
  }

  /** Whether this is the state of every round of a loop, not of one. */
  public boolean standsForRounds() {
    return !rounds.isEmpty();
  }

  Set<Long> rounds() {
    return rounds;
  }

  private static Set<Long> both(Set<Long> a, Set<Long> b) {
    if (a.equals(b)) {
      return a;
    }
    Set<Long> common = new HashSet<>(a);
    common.retainAll(b);
    return Set.copyOf(common);
  }

  State copy() {
    State copy =
        new State(
            mode,
            new EnumMap<>(gprs),
            new EnumMap<>(flags),
            selectors,
            bases,
            memory.copy(),
            condition,
            la,
            instructions);
    copy.fenced = fenced;
    copy.calls = calls;
    copy.rounds = rounds;
    return copy;
  }

  public Mode mode() {
    return mode;
  }

  public Term gpr(Gpr gpr) {
    return at(gprs, gpr);
  }

  void set(Gpr gpr, Term value) {
    gprs.put(gpr, value);
  }

  public Term flag(Flag flag) {
    return at(flags, flag);
  }

  void set(Flag flag, Term value) {
    flags.put(flag, value);
  }

  public Term selector(Segment segment) {
    return at(selectors, segment);
  }

  Term base(Segment segment) {
    return at(bases, segment);
  }

  PrivateMemory memory() {
    return memory;
  }

  public PathCondition condition() {
    return condition;
  }

  /** Adds a fact to what is known on the path. */
  public void assume(Term fact) {
    condition = condition.and(fact);
  }

  /** Linear address of the next instruction. */
  public long la() {
    return la;
  }

  void moveTo(long target) {
    la = target;
  }

  /** Instructions executed on the longest path here; a repeated one counts once. */
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

  /** Whether what is known of fences and calls here is known of {@code other} too. */
  boolean knowsNoMoreThan(State other) {
    return (other.fenced || !fenced) && other.calls >= calls;
  }

  /** This state with {@code common} for its condition, and no more known than of both. */
  State since(State other, PathCondition common) {
    State both = copy();
    both.condition = common;
    both.instructions = Math.max(instructions, other.instructions);
    both.fenced &= other.fenced;
    both.calls = Math.min(calls, other.calls);
    return both;
  }

  /** States at one instruction, on paths of one exploration, merged. */
  static State joined(TermAlgebra algebra, List<State> states, IntSupplier fresh) {
    State joined = states.getFirst().copy();
    states.subList(1, states.size()).forEach(state -> joined.join(algebra, state, fresh));
    return joined;
  }

  /** Merges {@code other}, at the same instruction, into this. */
  void join(TermAlgebra algebra, State other, IntSupplier fresh) {
    PathCondition.Join join = PathCondition.join(algebra, condition, other.condition);
    Term guard = join.guard();
    condition = join.condition();
    gprs.replaceAll((key, value) -> choose(algebra, guard, value, at(other.gprs, key)));
    flags.replaceAll((key, value) -> choose(algebra, guard, value, at(other.flags, key)));
    memory = PrivateMemory.join(algebra, guard, memory, other.memory, fresh);
    instructions = Math.max(instructions, other.instructions);
    fenced &= other.fenced;
    calls = Math.min(calls, other.calls);
    rounds = both(rounds, other.rounds);
  }

  private static <K> Term at(Map<K, Term> values, K key) {
    return Objects.requireNonNull(values.get(key), "every register has a value");
  }

  private static Term choose(TermAlgebra algebra, Term guard, Term one, Term other) {
    return one == other ? one : algebra.ite(guard, one, other);
  }
}
