package dev.postern.verifier.gate;

import dev.postern.model.Control;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Circumstance;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.Explorer;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.machine.Watcher;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Is a landing safe (O-10)? From it, with every register, flag and segment the attacker's, each
 * path may read only its own trampoline, touch only private cells at constant addresses, and must
 * end in a trap, a fault or an exit, or pass a gate in the state the gate promises.
 */
public final class LandingCheck {

  /** A landing's code is short; what runs longer is not decided. */
  private static final Explorer.Limits LIMITS = new Explorer.Limits(8192, 64);

  /** No instruction stands at the last byte of the address space and ends within it. */
  private static final long NOTHING = -1;

  private final Policy policy;
  private final Vm vm;
  private final Landing landing;
  private final AddressSpace space;
  private final Solver solver;
  private final Replayer replayer;
  private final Set<Long> callPoints;
  private final List<Query> restsOn = new ArrayList<>();

  private LandingCheck(
      Policy policy, Vm vm, Landing landing, AddressSpace space, Solver solver, Replayer replayer) {
    this.policy = policy;
    this.vm = vm;
    this.landing = landing;
    this.space = space;
    this.solver = solver;
    this.replayer = replayer;
    this.callPoints = callPoints();
  }

  /** Decides one landing in every mode it can be reached in. */
  public static LandingResult decide(
      Policy policy, Vm vm, Landing landing, AddressSpace space, Solver solver, Replayer replayer) {
    LandingCheck check = new LandingCheck(policy, vm, landing, space, solver, replayer);
    List<LandingResult.Passing> passings = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    Optional<LandingResult> undecided = Optional.empty();
    for (Mode mode : check.modes()) {
      switch (check.in(mode)) {
        case LandingResult.Safe safe -> {
          check.restsOn.addAll(safe.restsOn());
          passings.addAll(safe.passings());
          notes.addAll(safe.notes());
        }
        case LandingResult.Unsafe unsafe -> {
          return unsafe;
        }
        case LandingResult.Undecided unknown -> undecided = Optional.of(unknown);
      }
    }
    return undecided.orElseGet(
        () -> new LandingResult.Safe(landing, passings, notes, check.restsOn));
  }

  /**
   * Code outside 64-bit mode has linear addresses of 32 bits (SDM vol. 1 §3.3.7), so a page above 4
   * GiB, at an address the lock fixes, is reached in 64-bit mode only.
   */
  private List<Mode> modes() {
    boolean low = landing.la() >>> 32 == 0;
    return space.open() || low
        ? List.of(Mode.BITS64, Mode.BITS32, Mode.BITS16)
        : List.of(Mode.BITS64);
  }

  private LandingResult in(Mode mode) {
    Desk desk = new Desk(solver);
    Trial trial = new Trial(desk, mode);
    State start = State.landing(desk.algebra(), mode, landing.la(), landing.index());
    start.assume(fetchable(desk.algebra(), start));
    trial.from(start);
    return trial.result();
  }

  /**
   * At which privilege levels the landing's own page can be fetched from. With mode-based execute
   * control, bit 2 of the leaf is for supervisor-mode and bit 10 for user-mode linear addresses
   * (SDM vol. 3 §28.2.3.2). Level 3 fetches from user-mode addresses only, so it needs bit 10;
   * levels 0 to 2 fetch from either (SMEP is not pinned), so they need any of the two.
   */
  private Term fetchable(TermAlgebra algebra, State start) {
    boolean byMode = vm.controls().holds(Control.K13);
    Term user =
        algebra.eq(algebra.extract(start.selector(Segment.CS), 1, 0), algebra.constant(2, 3));
    return byMode && !landing.mapping().leaf().userExecute()
        ? algebra.not(user)
        : algebra.constant(true);
  }

  /** Of all gates, where the view has code; elsewhere nothing is fetched, and the path ends. */
  private Set<Long> callPoints() {
    Set<Long> points = new TreeSet<>();
    for (Gate gate : policy.gates()) {
      if (space.at(gate.calls().value()).filter(space::executable).isPresent()) {
        points.add(gate.calls().value());
      }
    }
    return points;
  }

  /** One exploration, in one mode. */
  private final class Trial implements Watcher {
    private final Desk desk;
    private final TermAlgebra algebra;
    private final Mode mode;
    private final List<LandingResult.Passing> passings = new ArrayList<>();
    private Optional<Explorer> explorer = Optional.empty();
    private Optional<LandingResult> bad = Optional.empty();

    /** The instruction, the last looked at, whose loads no later term shows. */
    private long hiding = NOTHING;

    private Optional<String> undecided = Optional.empty();

    Trial(Desk desk, Mode mode) {
      this.desk = desk;
      this.algebra = desk.algebra();
      this.mode = mode;
    }

    void from(State start) {
      // An endless loop touches nothing: an interrupt ends it, where interrupts exit.
      Explorer.Limits limits = vm.controls().holds(Control.K10) ? LIMITS.widening(4) : LIMITS;
      Explorer follows = new Explorer(algebra, desk.names(), space, desk, callPoints, limits, this);
      explorer = Optional.of(follows);
      follows.explore(start);
    }

    LandingResult result() {
      if (bad.isPresent()) {
        return bad.get();
      }
      return undecided
          .<LandingResult>map(why -> new LandingResult.Undecided(landing, why))
          .orElseGet(() -> new LandingResult.Safe(landing, passings, List.of(), desk.restsOn()));
    }

    @Override
    public Next on(Event event) {
      Next next =
          switch (event) {
            case Event.Access access -> access(access);
            case Event.AccessAnywhere access -> anywhere(access);
            case Event.Indirect branch ->
                refute(branch.state(), yes(), "O-10", "branches to an address the caller chooses");
            case Event.Transfers transfer ->
                refute(
                    transfer.state(),
                    yes(),
                    "O-10",
                    transfer.mnemonic() + " goes through tables the guest owns");
            case Event.Raises raises -> raises(raises);
            case Event.Vmfunc vmfunc -> vmfunc(vmfunc);
            case Event.Reached reached -> reached(reached.state());
            case Event.Reserved reserved ->
                refute(
                    reserved.state(),
                    yes(),
                    "O-10",
                    "executes an encoding that the SDM reserves: " + reserved.what());
            case Event.Unmodelled unmodelled -> {
              undecide(unmodelled.state(), unmodelled.what());
              yield Next.GO_ON;
            }
            case Event.Faults e -> Next.GO_ON;
            case Event.Approximated approximated -> {
              hiding = approximated.hides() ? approximated.state().la() : NOTHING;
              yield Next.GO_ON;
            }
            case Event.Exits e -> Next.GO_ON;
            case Event.Predicted e -> Next.GO_ON;
            case Event.Trapped e -> Next.GO_ON;
            case Event.LeavesCode e -> Next.GO_ON;
            case Event.LeavesPage leaves -> {
              if (vm.lock().has(Lock.Kind.SCAN)) {
                undecide(leaves.state(), "goes on in a page that the attacker's tables choose");
              }
              yield Next.GO_ON;
            }
          };
      return bad.isPresent() ? Next.END_EXPLORATION : next;
    }

    private Term yes() {
      return algebra.constant(true);
    }

    /** Accesses under a fixed translation. */
    private Next access(Event.Access access) {
      if (access.known().isPresent()) {
        Mapping mapping = access.known().get();
        if (mapping.role() == Role.PRIVATE && !access.write() && access.state().la() == hiding) {
          undecide(access.state(), "loads private state into registers that are not modelled");
        }
        boolean harmless =
            mapping.role() == Role.PRIVATE
                || (mapping.role() == Role.TRAMPOLINE && !access.write());
        return harmless
            ? Next.GO_ON
            : refute(access.state(), yes(), "O-10", verb(access.write()) + mapping.name());
      }
      Term some = algebra.not(algebra.eq(access.count(), algebra.constant(64, 0)));
      boolean mayGoOn = false;
      for (Mapping mapping : space.reachable(access.write())) {
        boolean own = mapping.role() == Role.TRAMPOLINE && !access.write();
        Term touches = algebra.and(some, overlap(access, mapping));
        switch (desk.ask(
            "may the access reach " + mapping.name(), access.state().condition(), touches)) {
          case Answer.Unsat none -> {}
          case Answer.Unknown unknown -> undecide(access.state(), unknown.reason());
          case Answer.Sat sat -> {
            mayGoOn |= own;
            if (!own) {
              contained(access, mapping, some);
            }
          }
        }
        if (bad.isPresent()) {
          return Next.END_EXPLORATION;
        }
      }
      if (mayGoOn && mode != Mode.BITS64) {
        undecide(access.state(), "reads its own page through segments outside 64-bit mode");
      }
      if (mayGoOn && !access.count().isConstant(1)) {
        undecide(access.state(), "a repeated read that begins in its own page");
      }
      return mayGoOn ? Next.GO_ON : Next.END_PATH;
    }

    /**
     * The access reaches into the mapping; the attack puts it there whole. At the upper end of
     * private memory every call has its stack, and an access there is none of an attack's alone: if
     * the run shows nothing, the lower half is tried.
     */
    private void contained(Event.Access access, Mapping mapping, Term some) {
      contained(access, mapping, some, mapping.size());
      if (bad.isEmpty() && mapping.role() == Role.PRIVATE) {
        contained(access, mapping, some, mapping.size() / 2);
      }
    }

    private void contained(Event.Access access, Mapping mapping, Term some, long size) {
      Term inside =
          algebra.ult(
              algebra.sub(access.address(), start(mapping)),
              algebra.constant(64, size - access.bytes() + 1));
      String obligation = access.write() && usesStack(access) ? "O-57" : "O-10";
      refute(
          access.state(),
          algebra.and(some, inside),
          mode == Mode.BITS64 ? obligation : "O-15",
          verb(access.write()) + mapping.name() + " at an address the caller chooses");
    }

    private boolean usesStack(Event.Access access) {
      return access.address() == access.state().gpr(Gpr.RSP)
          || access.address()
              == algebra.sub(access.state().gpr(Gpr.RSP), algebra.constant(64, access.bytes()));
    }

    private Term overlap(Event.Access access, Mapping mapping) {
      Term size = algebra.constant(64, mapping.size());
      Term first = algebra.ult(algebra.sub(access.address(), start(mapping)), size);
      Term lastByte = algebra.add(access.address(), algebra.constant(64, access.bytes() - 1));
      Term last = algebra.ult(algebra.sub(lastByte, start(mapping)), size);
      return algebra.or(first, last);
    }

    private Term start(Mapping mapping) {
      return algebra.constant(64, mapping.la().value());
    }

    /** Accesses under an open lock: anywhere but on the code's own page, the tables decide. */
    private Next anywhere(Event.AccessAnywhere access) {
      long page = access.state().la() & -4096L;
      Term elsewhere =
          algebra.not(
              algebra.eq(
                  algebra.and(access.address(), algebra.constant(64, -4096L)),
                  algebra.constant(64, page)));
      Optional<Mapping> target =
          space.reachable(access.write()).stream()
              .filter(m -> m.role() != Role.TRAMPOLINE || access.write())
              .min(java.util.Comparator.comparingInt(LandingCheck::worth));
      if (target.isEmpty()) {
        return access.write() ? Next.END_PATH : Next.GO_ON;
      }
      Term whole =
          algebra.ult(
              algebra.and(access.address(), algebra.constant(64, 4095)),
              algebra.constant(64, 4096 - access.bytes() + 1));
      switch (desk.ask("may the access leave its page", access.state().condition(), elsewhere)) {
        case Answer.Unsat none -> {
          return access.write() ? Next.END_PATH : Next.GO_ON;
        }
        case Answer.Unknown unknown -> undecide(access.state(), unknown.reason());
        case Answer.Sat sat ->
            refute(
                access.state(),
                algebra.and(elsewhere, whole),
                mode == Mode.BITS64 ? "O-10" : "O-15",
                verb(access.write())
                    + target.get().name()
                    + ", to which the attacker's tables lead the address",
                attack ->
                    attack.mapping(attack.evaluate(access.address()), target.get().gpa().value()));
      }
      return Next.GO_ON;
    }

    private Next raises(Event.Raises raises) {
      boolean caught =
          vm.controls().intercepts(raises.vector().vector()) || descriptorsUnreachable();
      return caught
          ? Next.GO_ON
          : refute(
              raises.state(),
              raises.condition(),
              "O-10",
              "#" + raises.vector() + " is delivered in the view through the guest's IDT",
              attack ->
                  raises.vector() == ExceptionVector.XM
                      ? attack.under(Circumstance.SSE_UNMASKED)
                      : attack);
    }

    /**
     * No descriptor table of the guest's can be read in the view: LIDT, LGDT, LLDT and LTR exit,
     * and every page demands paging structures that only the hypervisor writes.
     */
    private boolean descriptorsUnreachable() {
      return vm.lock().has(Lock.Kind.HLAT)
          && vm.controls().holds(Control.K8)
          && vm.controls().holds(Control.K15)
          && space.mappings().stream().allMatch(m -> m.leaf().verifyGuestPaging());
    }

    /**
     * Leaving again before a gate: into another view it lands at a site's end, which is a landing
     * of that view and decided there; into the default view it must carry nothing of this one, in a
     * register, in a flag, or by being the way that was taken.
     */
    private Next vmfunc(Event.Vmfunc vmfunc) {
      List<Term> shown = new ArrayList<>(vmfunc.state().condition().conjuncts());
      for (Gpr gpr : Gpr.values()) {
        shown.add(vmfunc.state().gpr(gpr));
      }
      for (Flag flag : Flag.values()) {
        shown.add(vmfunc.state().flag(flag));
      }
      boolean carries = shown.stream().anyMatch(explorer.orElseThrow()::isProtected);
      if (carries) {
        undecide(vmfunc.state(), "leaves the view with what private state told it");
      }
      return Next.GO_ON;
    }

    private Next reached(State state) {
      if (space.at(state.la()).filter(space::executable).isEmpty()) {
        return Next.GO_ON;
      }
      for (Gate gate : policy.gates()) {
        if (gate.calls().value() == state.la()
            && gate.to().equals(landing.view().name())
            && gate.entered().value() == landing.la()
            && landing.atSite()) {
          return passes(gate, state);
        }
      }
      return refute(state, yes(), wrongView(state) ? "O-11" : "O-10", wrongGate(state));
    }

    private boolean wrongView(State state) {
      return policy.gates().stream()
          .anyMatch(gate ->
              gate.calls().value() == state.la()
                  && gate.entered().value() == landing.la()
                  && !gate.to().equals(landing.view().name()));
    }

    private String wrongGate(State state) {
      String gates =
          policy.gates().stream()
              .filter(gate -> gate.calls().value() == state.la())
              .map(Gate::name)
              .findFirst()
              .orElse("?");
      return "enters protected code of gate "
          + gates
          + " in view "
          + landing.view().name()
          + " with ecx=0x"
          + Integer.toHexString(landing.index());
    }

    private Next passes(Gate gate, State state) {
      if (mode != Mode.BITS64) {
        return refute(state, yes(), "O-15", "passes the gate in " + mode.bits() + "-bit mode");
      }
      if (space.open()) {
        undecide(state, "passes a gate at addresses the attacker's tables choose");
        return Next.GO_ON;
      }
      Term level = algebra.extract(state.selector(Segment.CS), 1, 0);
      Term wrong = algebra.not(algebra.eq(level, algebra.constant(2, gate.privilegeLevel())));
      refute(state, wrong, "O-16", "passes the gate at another privilege level");
      Term ecx = algebra.extract(state.gpr(Gpr.RCX), 31, 0);
      Term other = algebra.not(algebra.eq(ecx, algebra.constant(32, landing.index())));
      if (bad.isEmpty()) {
        refute(state, other, "O-11", "passes the gate with another index in ECX than the view's");
      }
      Term rsp = state.gpr(Gpr.RSP);
      if (bad.isEmpty() && !(rsp instanceof Term.Constant)) {
        refute(state, yes(), "O-57", "passes the gate with the caller's stack pointer");
      }
      if (bad.isEmpty()) {
        passings.add(new LandingResult.Passing(gate, state, desk));
      }
      return Next.GO_ON;
    }

    private Next refute(State state, Term condition, String obligation, String what) {
      return refute(state, condition, obligation, what, attack -> attack);
    }

    /**
     * Refutes the landing if {@code condition} can hold there, with an attack that has been run.
     */
    private Next refute(
        State state,
        Term condition,
        String obligation,
        String what,
        java.util.function.UnaryOperator<Attack> preparation) {
      switch (desk.ask(what, state.condition(), condition)) {
        case Answer.Unsat none -> {}
        case Answer.Unknown unknown -> undecide(state, unknown.reason());
        case Answer.Sat sat -> {
          bad = attack(sat.model(), obligation, what, preparation);
          if (bad.isEmpty()) {
            bad = asChosen(state, condition, obligation, what, preparation);
          }
        }
      }
      return bad.isPresent() ? Next.END_EXPLORATION : Next.GO_ON;
    }

    /**
     * The same attack once more, where what is the surroundings' choice comes out as the concrete
     * machine has it, and every VMCALL on the way is one that the hypervisor does not know and
     * resumes behind: the machine follows such a run, and a model of another it cannot.
     */
    private Optional<LandingResult> asChosen(
        State state,
        Term condition,
        String obligation,
        String what,
        java.util.function.UnaryOperator<Attack> preparation) {
      List<Term> all = new ArrayList<>(state.condition().conjuncts());
      all.add(condition);
      Term chosen = State.asTheMachineChooses(algebra, all);
      String title = what + ", as the machine chooses";
      return desk.ask(title, state.condition(), algebra.and(condition, chosen))
              instanceof Answer.Sat sat
          ? attack(
              sat.model(),
              obligation,
              what,
              attack -> preparation.apply(attack).under(Circumstance.HYPERCALLS_RETURN))
          : Optional.empty();
    }

    private Optional<LandingResult> attack(
        Model model,
        String obligation,
        String what,
        java.util.function.UnaryOperator<Attack> preparation) {
      Attack attack = preparation.apply(new Attack(policy, landing, mode, algebra, model));
      Scenario scenario = attack.scenario();
      String words =
          "landing at " + landing.subject() + " in view " + landing.view().name() + ": " + what;
      Counterexample untried = scenario.asCounterexample(words, List.of());
      Replayer.Replay replay = replayer.replay(untried);
      if (!replay.confirmed()) {
        undecided =
            Optional.of(
                "an attack was found but does not replay ("
                    + words
                    + "; "
                    + replay.observation()
                    + ")");
        return Optional.empty();
      }
      return Optional.of(
          new LandingResult.Unsafe(
              landing, obligation, what, scenario.asCounterexample(words, replay.trace())));
    }

    private void undecide(State state, String why) {
      if (undecided.isEmpty()) {
        undecided = Optional.of(why + " at la 0x" + Long.toHexString(state.la()));
      }
    }
  }

  private static String verb(boolean write) {
    return write ? "writes " : "reads ";
  }

  /** Destination memory makes the clearest witness, private state the next. */
  private static int worth(Mapping mapping) {
    return switch (mapping.role()) {
      case DESTINATION_WINDOW -> 0;
      case PRIVATE -> 1;
      case SOURCE_WINDOW -> 2;
      case CODE, CONSTANT -> 3;
      case TRAMPOLINE, RAM, PAGING -> 4;
    };
  }
}
