package dev.postern.verifier.machine;

import dev.postern.model.LoopInvariant;
import dev.postern.model.Mapping;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Decoded;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Flow;
import dev.postern.x86.ForeignSemantics;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mnemonic;
import dev.postern.x86.Mode;
import dev.postern.x86.Operand;
import dev.postern.x86.Semantics;
import dev.postern.x86.SystemSemantics;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Follows every path from one state, merging those that meet. */
public final class Explorer {

  /**
   * Limits of an exploration; past one, the path ends as unmodelled.
   *
   * @param instructions instructions looked at in all
   * @param visits times one instruction is looked at
   * @param path instructions on one path
   * @param rounds times a loop's head is looked at before what differs from round to round is
   *     widened to any value, see {@link Widening}
   * @param invariants whether a loop that goes on is replaced by an invariant, if one is found
   */
  public record Limits(int instructions, int visits, long path, int rounds, boolean invariants) {
    public static final Limits DEFAULT = new Limits(1 << 20, 4096);

    public Limits(int instructions, int visits) {
      this(instructions, visits, Long.MAX_VALUE, Integer.MAX_VALUE, false);
    }

    /** These, and loops are widened after {@code most} rounds. */
    public Limits widening(int most) {
      return new Limits(instructions, visits, path, most, invariants);
    }

    /** These, and no path longer than {@code most} instructions is followed. */
    public Limits paths(long most) {
      return new Limits(instructions, visits, most, rounds, invariants);
    }

    /** These, and loops are replaced by invariants. */
    public Limits withInvariants() {
      return new Limits(instructions, visits, path, rounds, true);
    }
  }

  /** Numbers for fresh unknowns, never given twice. */
  public static final class Names {
    private int last;

    int next() {
      return ++last;
    }
  }

  /** Ends the path in the middle of an instruction; never leaves this package. */
  static final class PathEnds extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PathEnds() {
      super(null, null, false, false);
    }
  }

  /** Thrown by a watcher's word to end everything. */
  private static final class ExplorationEnds extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExplorationEnds() {
      super(null, null, false, false);
    }
  }

  private final TermAlgebra algebra;
  private final AddressSpace space;
  private final Possibility possibility;
  private final Set<Long> stops;
  private final Limits limits;
  private final Watcher watcher;
  private final Map<Long, State> pending = new HashMap<>();
  private final Map<Long, Integer> visits = new HashMap<>();
  private final Map<Term, List<Term>> undefinedInputs = new HashMap<>();
  private final Set<Long> heads = new HashSet<>();
  private final Widening widening = new Widening(this, this::isProtected);
  private Order order = Order.NONE;
  private PriorityQueue<Waiting> queue = waitingBy(Order.NONE);
  private final Names names;
  private Map<Long, LoopInvariant> declared = Map.of();
  private Summaries summaries = new Summaries(this, Optional.empty(), declared, 0);
  private BooleanSupplier endless = () -> false;
  private int instructions;

  /**
   * @param stops linear addresses at which a path ends as {@link Event.Reached}
   * @param names where fresh unknowns get their numbers: one for all explorations over one algebra
   * @param possibility decides whether a store may reach private memory, and whether a loop goes on
   */
  public Explorer(
      TermAlgebra algebra,
      Names names,
      AddressSpace space,
      Possibility possibility,
      Set<Long> stops,
      Limits limits,
      Watcher watcher) {
    this.algebra = algebra;
    this.names = names;
    this.space = space;
    this.possibility = possibility;
    this.stops = stops;
    this.limits = limits;
    this.watcher = watcher;
  }

  /** Has loops checked against what a policy says of them, by the addresses of their heads. */
  public Explorer declaring(List<LoopInvariant> invariants) {
    declared = new LinkedHashMap<>();
    invariants.forEach(invariant -> declared.put(invariant.head().value(), invariant));
    return this;
  }

  /**
   * Unrolls no further what goes round for long, if a run has shown that it is longer than anybody
   * allows: asked when something does. Such a path ends as unmodelled.
   */
  public Explorer unless(BooleanSupplier shownToBeTooLong) {
    endless = shownToBeTooLong;
    return this;
  }

  public TermAlgebra algebra() {
    return algebra;
  }

  public AddressSpace space() {
    return space;
  }

  /** Instructions looked at, merged states once. */
  public int instructions() {
    return instructions;
  }

  /**
   * States of this exploration at one instruction as one, whether or not they met there: a path
   * that direct control flow does not show comes after others have gone on.
   */
  public State joined(List<State> states) {
    return State.joined(algebra, states, this::freshId);
  }

  /** What an undefined value may depend on; empty for any other variable. */
  public List<Term> inputsOf(Term variable) {
    return undefinedInputs.getOrDefault(variable, List.of());
  }

  /** Whether a term has protected memory in it: a load, a private cell, or what came of one. */
  public boolean isProtected(Term term) {
    for (Term.Variable variable : Terms.variables(List.of(term))) {
      if (variable.name().startsWith("load.")
          || variable.name().startsWith("private.")
          || inputsOf(variable).stream().anyMatch(this::isProtected)) {
        return true;
      }
    }
    return false;
  }

  /** Follows {@code start} to the end of all its paths, or until the watcher has seen enough. */
  public void explore(State start) {
    order = Order.from(space, start.mode(), start.la(), stops, 1 << 16);
    queue = waitingBy(order);
    Optional<Loops> loops =
        limits.invariants()
            ? Optional.of(Loops.from(space, start.mode(), order, stops))
            : Optional.empty();
    summaries = new Summaries(this, loops, declared, limits.path());
    arrive(start.copy());
    follow();
    for (LoopInvariant invariant : summaries.ofNoLoop()) {
      watcher.on(
          new Event.Unmodelled(
              start,
              "what the policy says at " + invariant.at() + " is of no loop that is reached"));
    }
  }

  /**
   * Follows {@code start}, whose own place may be a stop, to the stops; what a loop's round does.
   */
  void trial(Set<Long> until, State start, Watcher into) {
    Set<Long> all = new HashSet<>(stops);
    all.addAll(until);
    Limits small = new Limits(1 << 14, 64).withInvariants();
    Explorer round = new Explorer(algebra, names, space, possibility, all, small, into);
    round.declared = declared;
    Set<Long> others = new HashSet<>(all);
    others.remove(start.la());
    Order order = Order.from(space, start.mode(), start.la(), others, 1 << 16);
    Loops loops = Loops.from(space, start.mode(), order, all);
    round.summaries = new Summaries(round, Optional.of(loops), declared, small.path());
    round.queue = waitingBy(order);
    round.visits.put(start.la(), 1);
    try {
      round.decode(start.copy());
      round.follow();
    } catch (PathEnds | ExplorationEnds ended) {
      // The event that ended it has been emitted.
    }
  }

  /**
   * A place that a state waits at, and how deep in calls the first that came was. What is deeper
   * goes first: a function returns before the way that did not call it goes on, and both merge at
   * the return, however many places call. It decides how much merges, as {@link Order} does.
   */
  private record Waiting(long la, int calls) {}

  private static PriorityQueue<Waiting> waitingBy(Order order) {
    return new PriorityQueue<>(
        Comparator.comparingInt((Waiting waiting) -> -waiting.calls())
            .thenComparingInt(waiting -> order.of(waiting.la()))
            .thenComparing(Waiting::la, Long::compareUnsigned));
  }

  private void follow() {
    try {
      while (!queue.isEmpty()) {
        long la = queue.remove().la();
        State state = java.util.Objects.requireNonNull(pending.remove(la), "state is queued once");
        visit(state);
      }
    } catch (ExplorationEnds enough) {
      queue.clear();
      pending.clear();
    }
  }

  private void arrive(State state) {
    State waiting = pending.get(state.la());
    if (waiting != null) {
      waiting.join(algebra, state, this::freshId);
    } else {
      pending.put(state.la(), state);
      queue.add(new Waiting(state.la(), state.predictedCalls()));
    }
  }

  private void visit(State arrival) {
    State state = arrival;
    try {
      if (heads.contains(state.la())
          && visits.getOrDefault(state.la(), 0) >= limits.rounds()
          && !stops.contains(state.la())) {
        Optional<State> wider = widening.at(state);
        if (wider.isEmpty()) {
          return;
        }
        state = wider.get();
      }
      if (stops.contains(state.la())) {
        emit(new Event.Reached(state));
      } else if (++instructions > limits.instructions()) {
        emit(new Event.Unmodelled(state, "more than " + limits.instructions() + " instructions"));
      } else if (state.instructions() > limits.path()) {
        emit(new Event.Unmodelled(state, "a path of more than " + limits.path() + " instructions"));
      } else if (visits.merge(state.la(), 1, Integer::sum) > limits.visits()) {
        emit(new Event.Unmodelled(state, "a loop of more than " + limits.visits() + " rounds"));
      } else if (!state.rounds().contains(state.la())) {
        int rounds = visits.getOrDefault(state.la(), 0);
        // Else one round back at the head: the invariant's own step.
        State next = summaries.at(state, rounds);
        if (next == state && rounds > Summaries.UNROLLED && endless.getAsBoolean()) {
          emit(new Event.Unmodelled(state, "a loop that a run showed to be too long"));
        } else {
          decode(next);
        }
      }
    } catch (PathEnds ended) {
      // The event that ended the path has been emitted.
    }
  }

  private void decode(State state) {
    watcher.at(state);
    boolean executable = space.at(state.la()).filter(space::executable).isPresent();
    byte[] code = space.code(state.la(), 15);
    if (executable && code.length == 0) {
      emit(new Event.Unmodelled(state, "executable page whose content is not known"));
      return;
    }
    if (code.length == 0) {
      emit(new Event.LeavesCode(state));
      return;
    }
    switch (space.decode(state.la(), state.mode())) {
      case Instruction instruction -> execute(state, instruction);
      case Decoded.Foreign foreign -> execute(state, foreign);
      case Decoded.Undefined undefined ->
          emit(new Event.Raises(state, ExceptionVector.UD, algebra.constant(true)));
      case Decoded.Reserved reserved -> emit(new Event.Reserved(state, reserved.reason()));
      case Decoded.Unsupported unsupported ->
          emit(new Event.Unmodelled(state, unsupported.reason()));
      case Decoded.Truncated truncated -> truncated(state, code.length);
    }
  }

  /** The instruction's next byte cannot be fetched, or, under an open lock, is not known. */
  private void truncated(State state, int available) {
    long next = state.la() + available;
    if (space.open()) {
      emit(
          new Event.Unmodelled(state, "an instruction across a page edge that the attacker pairs"));
    } else if (space.at(next).filter(space::executable).isPresent()) {
      emit(new Event.Unmodelled(state, "executable page whose content is not known"));
    } else {
      emit(new Event.LeavesCode(state));
    }
  }

  private void execute(State state, Instruction instruction) {
    if (space.open() && takesOwnAddress(instruction)) {
      emit(new Event.Unmodelled(state, "the address of code that the attacker maps"));
      return;
    }
    SymbolicCpu cpu = new SymbolicCpu(this, state);
    state.count(1);
    if (instruction.mnemonic() == Mnemonic.LFENCE) {
      state.fence();
    }
    if (instruction.mnemonic() == Mnemonic.CALL) {
      state.call();
    }
    long next = state.la() + instruction.length();
    long nextIp = ip(state.mode(), next);
    switch (Semantics.step(instruction, nextIp, cpu)) {
      case Flow.Next<Term> f -> go(state, next);
      case Flow.Direct<Term> f -> jump(state, instruction, next);
      case Flow.Conditional<Term> f -> branch(state, instruction, f.condition(), next);
      case Flow.Indirect<Term> f -> indirect(state, cpu, instruction.mnemonic(), f.target());
      case Flow.Raises<Term> f ->
          emit(new Event.Raises(cpu.before(), f.vector(), algebra.constant(true)));
      case Flow.Repeats<Term> f -> {
        new Repetition(this, cpu, state).run(instruction);
        go(state, next);
      }
      case Flow.Delegated<Term> f -> delegated(state, cpu, instruction, next);
      case Flow.Exits<Term> f -> emit(new Event.Exits(cpu.before(), f.mnemonic()));
    }
  }

  /** x87, MMX, SSE: an access to memory, as far as this machine is concerned. */
  private void execute(State state, Decoded.Foreign foreign) {
    SymbolicCpu cpu = new SymbolicCpu(this, state);
    emit(new Event.Approximated(cpu.before(), foreign.set(), true));
    state.count(1);
    long next = state.la() + foreign.length();
    if (foreign.leaves() == Decoded.Leaves.MORE) {
      // Said first: what the area's access comes to, which is part of the truth, ends no path.
      emit(new Event.Unmodelled(cpu.before(), foreign.set()));
      cpu.area(foreign, ip(state.mode(), next));
      return;
    }
    ForeignSemantics.step(foreign, state.mode(), ip(state.mode(), next), cpu);
    go(state, next);
  }

  private void system(State state, SymbolicCpu cpu, Instruction instruction, long next) {
    emit(new Event.Approximated(cpu.before(), instruction.mnemonic().toString(), false));
    switch (SystemSemantics.step(instruction, ip(state.mode(), next), cpu)) {
      case Flow.Next<Term> f -> go(state, next);
      case Flow.Exits<Term> f -> emit(new Event.Exits(cpu.before(), f.mnemonic()));
      default -> emit(new Event.Unmodelled(cpu.before(), instruction.mnemonic().toString()));
    }
  }

  /** LEA relative to RIP: under an open lock its value is the attacker's choice. */
  private static boolean takesOwnAddress(Instruction instruction) {
    return instruction.mnemonic() == Mnemonic.LEA
        && instruction.operands().stream()
            .anyMatch(o -> o instanceof Operand.Memory memory && memory.ripRelative());
  }

  private static long ip(Mode mode, long la) {
    return switch (mode) {
      case BITS64 -> la;
      case BITS32 -> la & 0xffff_ffffL;
      case BITS16 -> la & 0xffff;
    };
  }

  /** To {@code target}; outside 64-bit mode linear addresses have 32 bits. */
  private void go(State state, long target) {
    long la = state.mode() == Mode.BITS64 ? target : target & 0xffff_ffffL;
    boolean leaves = space.open() && (la & -4096L) != (state.la() & -4096L);
    if (order.of(la) <= order.of(state.la())) {
      heads.add(la);
    }
    state.moveTo(la);
    summaries.leave(state);
    if (leaves) {
      emit(new Event.LeavesPage(state));
    } else {
      arrive(state);
    }
  }

  /**
   * A direct branch, from the displacement: code may run at any segment base outside 64-bit mode,
   * so only linear distances are known. A branch whose operand size is 16 cuts the instruction
   * pointer to 16 bits, and how much that takes off depends on the base: every address of the
   * view's code that agrees in the low 16 bits is followed.
   */
  private void jump(State state, Instruction instruction, long next) {
    Operand.Relative relative = relative(instruction);
    long target = next + relative.displacement();
    if (state.mode() == Mode.BITS64 || relative.width() != 16) {
      go(state, target);
      return;
    }
    // Which one is the attacker's choice, and a choice makes paths that exclude each other.
    Term choice = fresh("base", 32);
    int choices = 0;
    for (Mapping mapping : space.mappings()) {
      long start = mapping.la().value();
      long first = start + ((target - start) & 0xffff);
      for (long la = first; la - start < mapping.size(); la += 0x1_0000) {
        if (space.executable(mapping)) {
          State split = state.copy();
          split.assume(algebra.eq(choice, algebra.constant(32, choices++)));
          go(split, la);
        }
      }
    }
  }

  private static Operand.Relative relative(Instruction instruction) {
    for (Operand operand : instruction.operands()) {
      if (operand instanceof Operand.Relative relative) {
        return relative;
      }
    }
    throw new IllegalStateException("a direct branch has a displacement: " + instruction);
  }

  /**
   * Both ways, but for one that is excluded. Terms fold where they can; in a loop, where a way not
   * taken in truth is a round that never ends, the solver is asked as well.
   */
  private void branch(State state, Instruction instruction, Term condition, long next) {
    state.predict();
    boolean again = java.util.Objects.requireNonNull(visits.get(state.la()), "it is visited") > 1;
    Term otherwise = algebra.not(condition);
    boolean never = again ? plainlyExcluded(state, condition) : condition.isFalse();
    boolean always = !never && (again ? plainlyExcluded(state, otherwise) : condition.isTrue());
    if (!always) {
      State falls = state.copy();
      falls.assume(otherwise);
      go(falls, next);
    }
    if (!never) {
      state.assume(condition);
      jump(state, instruction, next);
    }
  }

  /**
   * Splits on the target where it is a choice of constants; else the path ends there. Outside
   * 64-bit mode a constant offset leads where CS's base says.
   */
  private void indirect(State state, SymbolicCpu cpu, Mnemonic mnemonic, Term target) {
    Optional<List<Target>> targets =
        state.mode() == Mode.BITS64 ? Target.of(algebra, target) : Optional.empty();
    if (targets.isEmpty()) {
      emit(new Event.Indirect(cpu.before(), target));
      return;
    }
    if (mnemonic != Mnemonic.RET || !state.returns()) {
      emit(new Event.Predicted(cpu.before(), mnemonic));
    }
    for (Target one : targets.get()) {
      State split = state.copy();
      split.assume(one.guard());
      go(split, one.la());
    }
  }

  private void delegated(State state, SymbolicCpu cpu, Instruction instruction, long next) {
    Mnemonic mnemonic = instruction.mnemonic();
    switch (mnemonic) {
      case VMFUNC -> emit(new Event.Vmfunc(cpu.before(), next));
      case VMCALL -> {
        if (jumpsBackTo(state, next)) {
          emit(new Event.Trapped(cpu.before()));
        } else {
          cpu.resumes();
          go(state, next);
        }
      }
      case JMP_FAR, CALL_FAR, RET_FAR, IRET, INT, SYSCALL, SYSRET, SYSENTER, SYSEXIT ->
          emit(new Event.Transfers(cpu.before(), mnemonic));
      case PUSH, POP, PUSHA, POPA, PUSHF, POPF, ENTER, LEAVE, CALL, RET -> {
        cpu.shortStack(instruction);
        emit(new Event.Unmodelled(cpu.before(), mnemonic + " outside 64-bit mode"));
      }
      default -> system(state, cpu, instruction, next);
    }
  }

  /** Whether the instruction at {@code next} is a direct jump back to the one at the state. */
  private boolean jumpsBackTo(State state, long next) {
    return space.decode(next, state.mode()) instanceof Instruction instruction
        && instruction.mnemonic() == Mnemonic.JMP
        && instruction.operands().get(0) instanceof Operand.Relative relative
        && next + instruction.length() + relative.displacement() == state.la();
  }

  void emit(Event event) {
    switch (watcher.on(event)) {
      case GO_ON -> {}
      case END_PATH -> throw new PathEnds();
      case END_EXPLORATION -> throw new ExplorationEnds();
    }
  }

  /** A new unknown; {@code kind} begins its name and says where it comes from. */
  Term fresh(String kind, int width) {
    return algebra.variable(kind + "." + names.next(), width);
  }

  int freshId() {
    return names.next();
  }

  Term undefined(int width, List<Term> inputs) {
    Term variable = fresh("undefined", width);
    undefinedInputs.put(variable, List.copyOf(inputs));
    return variable;
  }

  boolean plainlyExcluded(State state, Term condition) {
    return condition.isFalse()
        || possibility.plainlyExcluded(SymbolicCpu.with(state.condition(), condition));
  }

  boolean excluded(PathCondition path, Term condition) {
    return condition.isFalse() || possibility.excluded(SymbolicCpu.with(path, condition));
  }
}
