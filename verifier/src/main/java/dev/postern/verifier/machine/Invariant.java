package dev.postern.verifier.machine;

import dev.postern.model.Disclosure;
import dev.postern.model.LoopInvariant;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Bits;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for what holds each time a loop's head is reached from one state there, and how often it
 * is.
 *
 * <p>With a round number k, 0 at that state, each register, flag and private cell is either what it
 * was, or what it was plus k times a constant, or any value with some bits known to be zero, of
 * which some {@linkplain Fact facts} hold. Kinds are guessed from one symbolic round, facts are all
 * there are; both are weakened until a round from such a state comes back in such a state, with k
 * one more: the step of an induction, which the solver decides where terms do not. The last round
 * is the smallest k found from which the solver excludes a way back. So every state at the head is
 * one of these with k up to that, and one round from them is all rounds.
 */
final class Invariant {

  /** Weakenings; each makes at least one place freer, and loops have few places. */
  private static final int ATTEMPTS = 12;

  private sealed interface Kind {
    record Linear(long step) implements Kind {}

    /** {@code zeros}: bits that are 0. */
    record Any(Term value, long zeros) implements Kind {}
  }

  private final Explorer explorer;
  private final TermAlgebra algebra;
  private final Loops.Loop loop;
  private final State entry;
  private final long most;
  private final Term round;
  private final Map<Place, Kind> varying = new LinkedHashMap<>();
  private final List<Fact> facts = new ArrayList<>();
  private boolean proposed;
  private final Optional<Declared> declared;
  private Optional<String> objection = Optional.empty();
  private boolean fenced;

  /**
   * @param most rounds that are of interest
   * @param declared what the policy says of the loop: checked as what is found is
   */
  Invariant(
      Explorer explorer,
      Loops.Loop loop,
      State entry,
      long most,
      Optional<LoopInvariant> declared) {
    this.explorer = explorer;
    this.declared = declared.map(said -> new Declared(explorer, said));
    this.algebra = explorer.algebra();
    this.loop = loop;
    this.entry = entry;
    this.most = most;
    // Which round it is may depend on protected memory: the name says so to Secrecy.
    this.round = explorer.fresh("load.round", 64);
    this.fenced = entry.fenced();
  }

  /** Why what the policy says is not believed, if it is not. */
  Optional<String> objection() {
    return objection;
  }

  /**
   * One state for all that reach the head of the loop from the entry, marked as such; its count of
   * instructions is that of the last.
   */
  Optional<State> find() {
    objection = declared.flatMap(said -> said.refused(entry, "at first"));
    Optional<State> all = objection.isPresent() ? Optional.empty() : search();
    if (all.isEmpty() && objection.isEmpty()) {
      objection = declared.map(Declared::insufficient);
    }
    return all;
  }

  private Optional<State> search() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      State head = head(most);
      Optional<List<State>> backs = round(head);
      if (backs.isEmpty() || backs.get().isEmpty()) {
        return Optional.empty();
      }
      if (backs.get().stream().anyMatch(back -> !comparable(head, back))) {
        return Optional.empty();
      }
      objection = refused(backs.get());
      if (objection.isPresent()) {
        return Optional.empty();
      }
      boolean fewer = drop(backs.get());
      boolean weaker = weaken(head, backs.get()) || fewer;
      if (overlapping()) {
        return Optional.empty();
      }
      if (!weaker) {
        Optional<Long> last = last(backs.get());
        if (last.isPresent() || !propose(backs.get())) {
          return last.map(found -> settled(head, backs.get(), found));
        }
      }
    }
    return Optional.empty();
  }

  private State settled(State head, List<State> backs, long last) {
    long longest = 0;
    for (State back : backs) {
      longest = Math.max(longest, back.instructions() - head.instructions());
    }
    State all = head(last);
    all.count(last * longest);
    all.enter(loop.head());
    return all;
  }

  /** The state in any round up to {@code last}, as it is guessed now. */
  private State head(long last) {
    State head = entry.copy();
    head.assume(algebra.not(algebra.ult(algebra.constant(64, last), round)));
    varying.forEach((place, kind) -> place.set(algebra, head, value(place, kind)));
    facts.forEach(fact -> head.assume(fact.in(algebra, head, round)));
    declared.ifPresent(said -> said.assumed(head));
    if (!fenced) {
      head.predict();
    }
    return head;
  }

  private Term value(Place place, Kind kind) {
    Term start = place.in(algebra, entry);
    return switch (kind) {
      case Kind.Linear(long step) -> {
        int width = start.width();
        Term k =
            width >= 64 ? algebra.zeroExtend(round, width) : algebra.extract(round, width - 1, 0);
        yield algebra.add(start, algebra.mul(k, algebra.constant(width, step)));
      }
      case Kind.Any(Term value, long zeros) ->
          zeros == 0 ? value : algebra.and(value, algebra.constant(value.width(), ~zeros));
    };
  }

  /** What comes back to the head from {@code head}; nothing if the round is not followed. */
  private Optional<List<State>> round(State head) {
    List<State> backs = new ArrayList<>();
    boolean[] lost = {false};
    Set<Long> stops = new HashSet<>(loop.exits());
    stops.add(loop.head());
    explorer.trial(
        stops,
        head,
        event -> {
          switch (event) {
            case Event.Reached reached -> {
              if (reached.state().la() == loop.head()) {
                backs.add(reached.state());
              }
            }
            case Event.Unmodelled cut -> lost[0] = true;
            case Event.Reserved cut -> lost[0] = true;
            case Event.Approximated e -> lost[0] = true;
            case Event.Access access -> lost[0] |= access.write() && mayTell(access);
            case Event.AccessAnywhere e -> lost[0] = true;
            case Event.Faults e -> {}
            case Event.Indirect e -> {}
            case Event.Predicted e -> {}
            case Event.Transfers e -> {}
            case Event.Raises e -> {}
            case Event.Exits e -> {}
            case Event.Trapped e -> {}
            case Event.Vmfunc e -> {}
            case Event.LeavesCode e -> {}
            case Event.LeavesPage e -> {}
          }
          return lost[0] ? Watcher.Next.END_EXPLORATION : Watcher.Next.GO_ON;
        });
    return lost[0] ? Optional.empty() : Optional.of(backs);
  }

  /**
   * Writes that the source may read are compared over two runs one by one, in their order; all
   * rounds in one have none.
   */
  private boolean mayTell(Event.Access access) {
    for (Mapping mapping : explorer.space().mappings()) {
      boolean told =
          mapping.leaf().write()
              && mapping.role() != Role.PRIVATE
              && mapping.role() != Role.DESTINATION_WINDOW
              && mapping.discloses() != Disclosure.DATA;
      if (told && access.known().isPresent()) {
        told = access.known().get().equals(mapping);
      } else if (told) {
        Term start = algebra.constant(64, mapping.la().value());
        Term within =
            algebra.ult(algebra.sub(access.address(), start), algebra.constant(64, mapping.size()));
        Term around =
            algebra.ult(algebra.sub(start, access.address()), algebra.constant(64, access.bytes()));
        told =
            !access.count().isConstant(1)
                || !explorer.excluded(access.state().condition(), algebra.or(within, around));
      }
      if (told) {
        return true;
      }
    }
    return false;
  }

  private static boolean comparable(State head, State back) {
    return head.predictedCalls() == back.predictedCalls() && head.memory().sameEpoch(back.memory());
  }

  /** Makes places freer that a round does not bring back as guessed; whether any was. */
  private boolean weaken(State head, List<State> backs) {
    boolean weaker = false;
    Set<Place> places = new java.util.LinkedHashSet<>();
    for (Gpr gpr : Gpr.values()) {
      places.add(new Place.Register(gpr));
    }
    for (Flag flag : Flag.values()) {
      places.add(new Place.Bit(flag));
    }
    for (State back : backs) {
      back.memory().cells((la, bytes) -> places.add(new Place.Cell(la, bytes)));
      if (fenced && !back.fenced()) {
        fenced = false;
        weaker = true;
      }
    }
    places.addAll(varying.keySet());
    Map<Place, Kind> freer = new HashMap<>();
    for (Place place : places) {
      Optional<Kind> kind = Optional.ofNullable(varying.get(place));
      Term before = place.in(algebra, head);
      for (State back : backs) {
        Term after = place.in(algebra, back);
        if (!keeps(kind, before, after, back)) {
          Kind next = freer(place, kind, before, backs);
          freer.put(place, next);
          weaker = true;
          break;
        }
      }
    }
    varying.putAll(freer);
    return weaker;
  }

  /**
   * Facts of the places whose value comes of the one before, where no bound is found without them;
   * whether there are any. Once: they hold at first, and are dropped one by one.
   */
  private boolean propose(List<State> backs) {
    if (proposed) {
      return false;
    }
    proposed = true;
    varying.forEach((place, kind) -> {
      if (kind instanceof Kind.Any(Term value, long zeros)
          && backs.stream().anyMatch(back -> comesOf(value, place.in(algebra, back)))) {
        Fact.candidates(place, algebra, entry).stream()
            .filter(fact -> holds(fact, entry, algebra.constant(64, 0)))
            .forEach(facts::add);
      }
    });
    return !facts.isEmpty();
  }

  private static boolean comesOf(Term value, Term after) {
    return Terms.operandsFirst(List.of(after)).contains(value);
  }

  private Optional<String> refused(List<State> backs) {
    return declared.flatMap(said ->
        backs.stream().flatMap(back -> said.refused(back, "after a round").stream()).findFirst());
  }

  /** Forgets the facts that a round does not bring back; whether there were any. */
  private boolean drop(List<State> backs) {
    Term next = algebra.add(round, algebra.constant(64, 1));
    List<Fact> lost =
        facts.stream()
            .filter(fact -> backs.stream().anyMatch(back -> !holds(fact, back, next)))
            .toList();
    return facts.removeAll(lost);
  }

  private boolean holds(Fact fact, State state, Term round) {
    return explorer.plainlyExcluded(state, algebra.not(fact.in(algebra, state, round)));
  }

  /** Of two places that overlap, what is said of one is not said of the other. */
  private boolean overlapping() {
    for (Place one : varying.keySet()) {
      for (Place other : varying.keySet()) {
        if (one instanceof Place.Cell(long la, int bytes)
            && other instanceof Place.Cell(long at, int size)
            && !one.equals(other)
            && la - at < size
            && at - la < bytes) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean keeps(Optional<Kind> kind, Term before, Term after, State back) {
    if (kind.isEmpty()) {
      return after == before;
    }
    return switch (kind.get()) {
      case Kind.Linear(long step) -> isStep(before, after, step, back);
      case Kind.Any(Term value, long zeros) ->
          zeros == 0 || (after.facts().zeros() & zeros) == zeros;
    };
  }

  private boolean isStep(Term before, Term after, long step, State back) {
    Term next = algebra.add(before, algebra.constant(before.width(), step));
    return next == after || explorer.plainlyExcluded(back, algebra.not(algebra.eq(next, after)));
  }

  private Kind freer(Place place, Optional<Kind> kind, Term before, List<State> backs) {
    int width = before.width();
    if (kind.isEmpty() && width > 1 && width <= 64) {
      long step = guess(algebra.sub(place.in(algebra, backs.getFirst()), before));
      if (step != 0
          && backs.stream().allMatch(back -> isStep(before, place.in(algebra, back), step, back))) {
        return new Kind.Linear(step);
      }
    }
    long zeros = width > 64 ? 0 : place.in(algebra, entry).facts().zeros();
    if (kind.orElse(null) instanceof Kind.Any any) {
      zeros &= any.zeros();
    }
    for (State back : backs) {
      zeros &= width > 64 ? 0 : place.in(algebra, back).facts().zeros();
    }
    if (kind.orElse(null) instanceof Kind.Any) {
      zeros = lasting(zeros);
    }
    Term value =
        kind.orElse(null) instanceof Kind.Any any ? any.value() : explorer.fresh("load.any", width);
    return new Kind.Any(value, zeros);
  }

  /**
   * Of zeros of which some were lost the alignment, and the upper half if it is empty: a sum loses
   * one at its upper end each time.
   */
  private static long lasting(long zeros) {
    long aligned = ~zeros == 0 ? -1 : (Long.lowestOneBit(~zeros) - 1);
    long upper = 0xffff_ffff_0000_0000L;
    return aligned | ((zeros & upper) == upper ? upper : 0);
  }

  /** The difference at one assignment: a guess, to be checked. */
  private static long guess(Term difference) {
    Map<Term.Variable, Bits> assignment = new HashMap<>();
    for (Term.Variable variable : Terms.variables(List.of(difference))) {
      assignment.put(variable, Bits.of(variable.width(), 0x35));
    }
    return Terms.evaluate(difference, assignment).low();
  }

  /** The smallest round found that none follows; the invariant holds with any such. */
  private Optional<Long> last(List<State> backs) {
    long low = 0;
    long high = 1;
    if (isLast(backs, 0)) {
      return Optional.of(0L);
    }
    while (!isLast(backs, high)) {
      low = high;
      high *= 2;
      if (low >= most) {
        return Optional.empty();
      }
      high = Math.min(high, most);
    }
    while (high - low > 1) {
      long middle = (low + high) >>> 1;
      if (isLast(backs, middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return Optional.of(high);
  }

  private boolean isLast(List<State> backs, long candidate) {
    Term here = algebra.eq(round, algebra.constant(64, candidate));
    return backs.stream().allMatch(back -> explorer.excluded(back.condition(), here));
  }
}
